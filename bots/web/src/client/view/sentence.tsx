/** A sentence of the server's; what stands between backticks is code. */
export function Sentence({ text }: { readonly text: string }) {
  return <>{text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</>;
}

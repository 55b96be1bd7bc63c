/** Text as a code span, whatever backticks it holds. */
export function inlineCode(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}

/** Text as a block quote. */
export function quote(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}

/** A token outside the tokenizer's merges, as `tokenizer.json` describes it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** A control token: it has no text of its own. */
  readonly special?: boolean;
  /** Takes the white space before it. */
  readonly lstrip?: boolean;
  /** Takes the white space after it. */
  readonly rstrip?: boolean;
}

/** Cuts a text at its added tokens: pieces of text, and the tokens between them, in order. The longest token wins. */
export function createAddedTokenSplitter(tokens: readonly AddedToken[]): (text: string) => (string | AddedToken)[] {
  if (tokens.length === 0) return (text) => [text];
  const longestFirst = [...tokens].sort((a, b) => b.content.length - a.content.length);
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const pattern = new RegExp(`(${longestFirst.map(({ content }) => escapeRegExp(content)).join("|")})`);
  return (text) => strip(text.split(pattern).map((piece, i) => (i % 2 === 1 ? byContent.get(piece)! : piece)));
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

function strip(pieces: readonly (string | AddedToken)[]): (string | AddedToken)[] {
  const stripped = pieces.map((piece, i) => {
    if (typeof piece !== "string") return piece;
    const before = pieces[i - 1] as AddedToken | undefined;
    const after = pieces[i + 1] as AddedToken | undefined;
    const text = after?.lstrip ? piece.trimEnd() : piece;
    return before?.rstrip ? text.trimStart() : text;
  });
  return stripped.filter((piece) => piece !== "");
}

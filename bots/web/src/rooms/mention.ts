const MENTION = /(^|[^\p{L}\p{N}_@.-])@cria(?![\p{L}\p{N}_-])/iu;

/** The text without its mention of the bot, or undefined if it does not mention it. Case does not matter. */
export function takeMention(text: string): string | undefined {
  const match = MENTION.exec(text);
  if (match === null) return undefined;
  const before = text.slice(0, match.index) + match[1];
  const after = text.slice(match.index + match[0].length).replace(/^[,:]?[ \t]+/, "");
  // "What is a dog, @cria?" asks "What is a dog?".
  const isLast = /^[?!.…]*$/.test(after);
  return `${isLast ? before.replace(/[\s,]+$/, "") : before}${after}`.trim();
}

/** `@cria` as a word of its own, in any case: not in an address or in a longer name. */
const MENTION = /(?<![\p{L}\p{N}_@.-])@cria(?![\p{L}\p{N}_-])/iu;
const MENTION_HERE = new RegExp(MENTION.source, "iuy");

/** The mention of the bot that begins at `index`, as it is written; undefined if none does. */
export function mentionAt(text: string, index: number): string | undefined {
  MENTION_HERE.lastIndex = index;
  return MENTION_HERE.exec(text)?.[0];
}

/** Whether a message is answered by the model: not a command, and in a direct message or with a mention. */
export function isForModel(text: string, isDirect: boolean): boolean {
  const prompt = promptOf(text, isDirect);
  return prompt !== undefined && !isCommand(prompt);
}

/** What the bot is to answer in a message, as a question or a command; undefined if the message is not for it. */
export function promptOf(text: string, isDirect: boolean): string | undefined {
  return takeMention(text) ?? (isDirect || isCommand(text) ? text : undefined);
}

/** Whether a text is a command, as "/help". */
export function isCommand(text: string): boolean {
  return text.startsWith("/");
}

/** The text without its mention of the bot, or undefined if it does not mention it. Case does not matter. */
export function takeMention(text: string): string | undefined {
  const match = MENTION.exec(text);
  if (match === null) return undefined;
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + match[0].length).replace(/^[,:]?[ \t]+/, "");
  // "What is a dog, @cria?" asks "What is a dog?".
  const isLast = /^[?!.…]*$/.test(after);
  return `${isLast ? before.replace(/[\s,]+$/, "") : before}${after}`.trim();
}

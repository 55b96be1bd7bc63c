import { isSlashCommand, isStopWord } from "@cria/bot-core/spoken-commands";

/** `@cria` as a word of its own, in any case: not in an address or in a longer name. */
const MENTION = /(?<![\p{L}\p{N}_@.-])@cria(?![\p{L}\p{N}_-])/iu;
const MENTION_HERE = new RegExp(MENTION.source, "iuy");

/** The mention of the bot that begins at `index`, as it is written; undefined if none does. */
export function mentionAt(text: string, index: number): string | undefined {
  MENTION_HERE.lastIndex = index;
  return MENTION_HERE.exec(text)?.[0];
}

/** What a message is to the bot: nothing where it is for others alone. Its text is without the mention. */
export type Meaning =
  | { readonly type: "nothing" }
  | { readonly type: "question" | "command" | "stop"; readonly text: string };

/** In a direct message everything is for the bot; in a channel what mentions it, and commands. */
export function meaningOf(message: string, isDirect: boolean): Meaning {
  const text = takeMention(message) ?? (isDirect || isSlashCommand(message) ? message : undefined);
  if (text === undefined) return { type: "nothing" };
  if (isStopWord(text)) return { type: "stop", text };
  return { type: isSlashCommand(text) ? "command" : "question", text };
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

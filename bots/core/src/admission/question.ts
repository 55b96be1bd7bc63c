import { BotError } from "../port/bot-error.ts";

/** Most UTF-16 code units of a message and the text it is about: more than any bundled model's context holds. */
export const MAX_MESSAGE_LENGTH = 32_000;

/** Throws a `BotError` (`MESSAGE_TOO_LONG`). */
export function checkLength(length: number): void {
  if (length <= MAX_MESSAGE_LENGTH) return;
  const [has, limit] = [length, MAX_MESSAGE_LENGTH].map((value) => value.toLocaleString("en"));
  throw new BotError(
    "MESSAGE_TOO_LONG",
    `This message has ${has} characters; I can take ${limit}. Send a shorter part of it.`,
  );
}

/** What is asked, as it goes into a prompt. */
export interface Question {
  readonly text: string;
  /** The text that it is about. */
  readonly context: string | undefined;
}

/** A question of its words and what they are about; an attachment without words is the message itself. */
export function poseQuestion(words: string, about: string): Question {
  return words === "" || about === "" ? { text: words || about, context: undefined } : { text: words, context: about };
}

/** Throws a `BotError` (`MESSAGE_TOO_LONG`). */
export function checkQuestion({ text, context = "" }: Question): void {
  checkLength(text.length + context.length);
}

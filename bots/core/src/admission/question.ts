import { BotError } from "../port/bot-error.ts";
import type { Speaker } from "../port/place.ts";

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
  /** Who speaks in that, as in a thread. */
  readonly contextSpeakers: readonly Speaker[];
}

/** What a question is about. */
export interface About {
  readonly text: string;
  readonly speakers: readonly Speaker[];
}

/** A question of its words and what they are about; an attachment without words is the message itself. */
export function poseQuestion(words: string, { text, speakers }: About = { text: "", speakers: [] }): Question {
  const context = words === "" || text === "" ? undefined : text;
  return { text: words || text, context, contextSpeakers: speakers };
}

/** Throws a `BotError` (`MESSAGE_TOO_LONG`). */
export function checkQuestion({ text, context = "" }: Pick<Question, "text" | "context">): void {
  checkLength(text.length + context.length);
}

import { checkLength } from "../admission/message-length.ts";

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

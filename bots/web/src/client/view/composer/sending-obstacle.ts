import { meaningOf } from "../../../mention.ts";

export interface SendingConditions {
  readonly isDirect: boolean;
  readonly isServing: boolean;
  /** In UTF-16 units, as those of its files. */
  readonly maxMessageLength: number;
  readonly filesLength: number;
}

/** Why a text cannot be sent now; empty if it can. */
export function sendingObstacle(text: string, at: SendingConditions): string {
  const length = text.trim().length + at.filesLength;
  const [has, limit] = [length, at.maxMessageLength].map((value) => value.toLocaleString("en"));
  if (length > at.maxMessageLength)
    return `${has} characters${at.filesLength > 0 ? " with the files" : ""}; at most ${limit} can be sent.`;
  if (!at.isServing && length > 0 && meaningOf(text.trim(), at.isDirect).type === "question")
    return "Your text is kept. It can be sent when the model service is back.";
  return "";
}

import { meaningOf } from "../../../mention.ts";

export interface SendingConditions {
  readonly isDirect: boolean;
  readonly isServing: boolean;
  /** In UTF-16 units. */
  readonly maxMessageLength: number;
}

/** Why a text cannot be sent now; empty if it can. */
export function sendingObstacle(text: string, at: SendingConditions): string {
  const { length } = text.trim();
  if (length > at.maxMessageLength)
    return `${length.toLocaleString("en")} characters; at most ${at.maxMessageLength.toLocaleString("en")} can be sent.`;
  if (!at.isServing && length > 0 && meaningOf(text.trim(), at.isDirect).type === "question")
    return "Your text is kept. It can be sent when the model service is back.";
  return "";
}

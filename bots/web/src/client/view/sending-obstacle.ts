import { isForModel } from "../../mention.ts";
import { MAX_MESSAGE_LENGTH } from "../../wire.ts";

/** Why a text cannot be sent now; empty if it can. */
export function sendingObstacle(text: string, at: { readonly isDirect: boolean; readonly isServing: boolean }): string {
  const { length } = text.trim();
  if (length > MAX_MESSAGE_LENGTH)
    return `${length.toLocaleString("en")} characters; at most ${MAX_MESSAGE_LENGTH.toLocaleString("en")} can be sent.`;
  if (!at.isServing && length > 0 && isForModel(text.trim(), at.isDirect))
    return "Your text is kept. It can be sent when the model service is back.";
  return "";
}

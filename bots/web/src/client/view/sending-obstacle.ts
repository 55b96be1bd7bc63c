import { MAX_MESSAGE_LENGTH } from "../../wire.ts";

/** Why a text cannot be sent now; empty if it can. */
export function sendingObstacle(text: string, at: { readonly isDirect: boolean; readonly isServing: boolean }): string {
  const { length } = text.trim();
  if (length > MAX_MESSAGE_LENGTH)
    return `${length.toLocaleString("en")} characters; at most ${MAX_MESSAGE_LENGTH.toLocaleString("en")} can be sent.`;
  const isForModel = !text.startsWith("/") && (at.isDirect || /@cria\b/i.test(text));
  if (!at.isServing && length > 0 && isForModel)
    return "Your text is kept. It can be sent when the model service is back.";
  return "";
}

import type { ReplyEnd, ReplyStats } from "@cria/bot-core";
import { endWords, statusLine as waitLine } from "@cria/bot-core/reply-lines";
import type { ReplyState } from "../../../wire.ts";

export { canContinue, loadedShare, statsFigures } from "@cria/bot-core/reply-lines";

/** What a reply waits for, in words; empty once its text shows. */
export function statusLine(state: ReplyState): string {
  switch (state.type) {
    case "waiting":
      return "Thinking";
    case "loading":
      // How much is loaded stands beside its bar.
      return `Loading ${state.model}`;
    case "queued":
    case "reading":
    case "thinking":
      return waitLine(state);
    case "interrupted":
      return "Cut off; it goes on within half a minute";
    case "streaming":
    case "ended":
    case "failed":
      return "";
  }
}

/** How long the prompt was, shown where one points at the figures. */
export function promptLine({ promptTokens, cachedTokens }: Pick<ReplyStats, "promptTokens" | "cachedTokens">): string {
  const count = (value: number) => value.toLocaleString("en");
  const line = `Prompt of ${count(promptTokens)} tokens`;
  return cachedTokens === 0 ? line : `${line}, ${count(cachedTokens)} from the cache`;
}

/** How a reply ended, if it did not simply end, and by whom it was stopped. */
export function endLine(end: ReplyEnd, stoppedBy?: string): string {
  const words = endWords(end) ?? "";
  return end === "stopped" && stoppedBy !== undefined ? `${words} by ${stoppedBy}` : words;
}

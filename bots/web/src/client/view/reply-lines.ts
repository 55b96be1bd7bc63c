import type { ReplyEnd, ReplyStats } from "@cria/bot-core";
import type { Person, ReplyState } from "../../wire.ts";

const MEGABYTE = 1_000_000;

/** What a reply waits for, in words; empty once its text shows. */
export function statusLine(state: ReplyState): string {
  switch (state.type) {
    case "waiting":
      return "Thinking";
    case "queued":
      return state.ahead === 0 ? "Next in line" : `Waiting, ${state.ahead} ahead of you`;
    case "loading":
      return `Loading ${state.model}`;
    case "reading":
      return readingLine(state.promptTokens, state.cachedTokens);
    case "interrupted":
      return "The chat server stopped; this reply is taken up again once one runs";
    case "streaming":
    case "ended":
    case "failed":
      return "";
  }
}

/** Megabytes of a model that is being loaded, as "41 of 97 MB". */
export function megabytesLine(loadedBytes: number, totalBytes: number): string {
  return `${Math.round(loadedBytes / MEGABYTE)} of ${Math.round(totalBytes / MEGABYTE)} MB`;
}

/** How a reply ended, if it did not simply end. `ownId` is the reader's. */
export function endLine(end: ReplyEnd, stoppedBy?: Person, ownId?: string): string {
  const stopper = stoppedBy?.id === ownId ? "you" : stoppedBy?.name;
  const lines: Record<ReplyEnd, string> = {
    complete: "",
    stopped: stoppedBy === undefined ? "Stopped" : `Stopped by ${stopper}`,
    length: "Cut at the length limit",
    contextFull: "Cut: the model's context is full",
    timeBudget: "Cut: it took too long",
    repetition: "Cut: it began to repeat itself",
  };
  return lines[end];
}

/** Whether Continue can go on with a reply that ended so. */
export function canContinue(end: ReplyEnd): boolean {
  return end === "length" || end === "contextFull" || end === "timeBudget" || end === "stopped";
}

/** The figures under a reply: `smollm2-135m`, `0.04 s to first token`, `152 tok/s`, `61 tokens`. */
export function statsFigures(stats: ReplyStats): readonly string[] {
  const { model, timeToFirstTokenMs, completionTokens, decodeMs } = stats;
  const parts = [model, `${seconds(timeToFirstTokenMs)} s to first token`];
  // The first token is prefill's; decoding gives those after it.
  if (completionTokens > 1 && decodeMs > 0) parts.push(`${rate((completionTokens - 1) / (decodeMs / 1_000))} tok/s`);
  parts.push(completionTokens === 1 ? "1 token" : `${completionTokens} tokens`);
  return parts;
}

function readingLine(promptTokens: number, cachedTokens: number): string {
  const read = `Reading ${promptTokens.toLocaleString("en")} tokens`;
  return cachedTokens === 0 ? read : `${read}, ${cachedTokens.toLocaleString("en")} from the cache`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(ms < 10_000 ? 2 : 1);
}

function rate(tokensPerSecond: number): string {
  return tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : Math.round(tokensPerSecond).toString();
}

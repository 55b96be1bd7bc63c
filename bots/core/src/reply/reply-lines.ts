import type { ReplyEnd, ReplyStats, ReplyStatus } from "../platform.ts";

const ENDS: Readonly<Record<ReplyEnd, string | undefined>> = {
  complete: undefined,
  stopped: "Stopped.",
  length: "Cut at the length limit.",
  contextFull: "Cut: the model's context is full.",
  timeBudget: "Cut: the time for a reply was over.",
  repetition: "Cut where it began to repeat itself.",
};

/** How a reply ended, in a few words; undefined where it simply ended. */
export function endLine(end: ReplyEnd): string | undefined {
  return ENDS[end];
}

/** Whether Continue can go on with a reply that ended so. */
export function canContinue(end: ReplyEnd): boolean {
  return end === "length" || end === "contextFull" || end === "timeBudget" || end === "stopped";
}

/** What a reply waits for, in a few words, as "3 ahead of you". */
export function statusLine(status: ReplyStatus): string {
  switch (status.type) {
    case "queued":
      return `${status.ahead} ahead of you`;
    case "loading":
      return `Loading ${status.model}${loadedShare(status)}`;
    case "reading":
      return status.cachedTokens === 0
        ? `Reading ${count(status.promptTokens)} tokens`
        : `Reading ${count(status.promptTokens)} tokens, ${count(status.cachedTokens)} from the cache`;
  }
}

/** The figures under a reply, as "smollm2-135m · 0.04 s to first token · 152 tok/s · 61 tokens". */
export function statsLine({ model, timeToFirstTokenMs, completionTokens, decodeMs }: ReplyStats): string {
  const facts = [model, `${(timeToFirstTokenMs / 1000).toFixed(2)} s to first token`];
  // The first token is the prefill's.
  if (decodeMs > 0 && completionTokens > 1)
    facts.push(`${Math.round(((completionTokens - 1) * 1000) / decodeMs)} tok/s`);
  return [...facts, `${count(completionTokens)} ${completionTokens === 1 ? "token" : "tokens"}`].join(" · ");
}

function loadedShare({ loadedBytes, totalBytes }: { loadedBytes: number; totalBytes: number }): string {
  return totalBytes === 0 ? "" : ` (${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB)`;
}

const megabytes = (bytes: number) => count(Math.round(bytes / 1e6));
const count = (value: number) => value.toLocaleString("en");

import type { ReplyEnd, ReplyStats, ReplyStatus } from "../port/reply.ts";

// Used in the browser too: nothing but types is imported here.

const ENDS: Readonly<Record<ReplyEnd, string | undefined>> = {
  complete: undefined,
  stopped: "Stopped",
  length: "Cut at the length limit",
  contextFull: "Cut: the model's context is full",
  timeBudget: "Cut: it took too long",
  repetition: "Cut: it began to repeat itself",
};

/** How a reply ended, as one of several facts; undefined where it simply ended. */
export function endWords(end: ReplyEnd): string | undefined {
  return ENDS[end];
}

/** How a reply ended, in a sentence; undefined where it simply ended. */
export function endLine(end: ReplyEnd): string | undefined {
  const words = endWords(end);
  return words && `${words}.`;
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
      return loadingLine(status);
    case "reading":
      return status.cachedTokens === 0
        ? `Reading ${count(status.promptTokens)} tokens`
        : `Reading ${count(status.promptTokens)} tokens, ${count(status.cachedTokens)} from the cache`;
    case "thinking":
      return "Thinking";
  }
}

function loadingLine({ model, loadedBytes, totalBytes }: ReplyStatus & { readonly type: "loading" }): string {
  return totalBytes === 0 ? `Loading ${model}` : `Loading ${model} (${loadedShare(loadedBytes, totalBytes)})`;
}

/** The figures under a reply: "smollm2-135m", "thought for 212 words", "0.04 s to first token", "152 tok/s", "61 tokens". */
export function statsFigures(stats: ReplyStats): readonly string[] {
  const { model, thoughtWords, timeToFirstTokenMs, completionTokens, decodeMs } = stats;
  const figures = [model];
  if (thoughtWords) figures.push(`thought for ${count(thoughtWords)} ${thoughtWords === 1 ? "word" : "words"}`);
  figures.push(`${seconds(timeToFirstTokenMs)} s to first token`);
  // The first token is the prefill's; decoding gives those after it.
  if (decodeMs > 0 && completionTokens > 1) figures.push(`${rate(((completionTokens - 1) * 1000) / decodeMs)} tok/s`);
  return [...figures, `${count(completionTokens)} ${completionTokens === 1 ? "token" : "tokens"}`];
}

/** The figures in one line. */
export function statsLine(stats: ReplyStats): string {
  return statsFigures(stats).join(" · ");
}

/** How much of a model is loaded, as "41 of 97 MB". */
export function loadedShare(loadedBytes: number, totalBytes: number): string {
  return `${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB`;
}

const seconds = (ms: number) => (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);
const rate = (perSecond: number) => (perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond)));
const megabytes = (bytes: number) => count(Math.round(bytes / 1e6));
const count = (value: number) => value.toLocaleString("en");

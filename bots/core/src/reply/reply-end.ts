import { durationToMs, type Finished, FinishReason } from "@cria/proto";
import type { ReplyEnd, ReplyStats } from "../port/reply.ts";

const ENDS: Readonly<Record<FinishReason, ReplyEnd>> = {
  [FinishReason.UNSPECIFIED]: "complete",
  [FinishReason.EOS]: "complete",
  [FinishReason.STOP]: "complete",
  [FinishReason.MAX_TOKENS]: "length",
  [FinishReason.CONTEXT_FULL]: "contextFull",
  [FinishReason.TIME_BUDGET]: "timeBudget",
  [FinishReason.REPETITION]: "repetition",
};

/** How a reply ended, as platforms know it. */
export function replyEnd({ finishReason }: Finished): ReplyEnd {
  return ENDS[finishReason];
}

/** The figures of a finished reply. */
export function replyStats(model: string, { usage, timings }: Finished, thoughtWords: number): ReplyStats {
  return {
    model,
    ...(thoughtWords > 0 && { thoughtWords }),
    promptTokens: usage?.promptTokens ?? 0,
    cachedTokens: usage?.cachedTokens ?? 0,
    completionTokens: usage?.completionTokens ?? 0,
    queueMs: durationToMs(timings?.queue),
    modelLoadMs: durationToMs(timings?.modelLoad),
    prefillMs: durationToMs(timings?.prefill),
    timeToFirstTokenMs: durationToMs(timings?.timeToFirstToken),
    decodeMs: durationToMs(timings?.decode),
  };
}

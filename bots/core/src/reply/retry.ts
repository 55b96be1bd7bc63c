import { BotError, failureOf } from "../port/bot-error.ts";
import { pause } from "../port/pause.ts";

/** About four seconds in all: a service that restarts is back by then, and people do not wait longer for bad news. */
const BACKOFF_MS = [300, 1_000, 2_500];
/** A service that asks for more patience is not waited for; people are told how long. */
const MAX_DELAY_MS = 5_000;

/** Runs an attempt, and again after failures that may pass, as long as `mayRetry` says that nothing was shown. */
export async function retry<T>(
  attempt: () => Promise<T>,
  { signal, mayRetry }: { readonly signal: AbortSignal; readonly mayRetry: () => boolean },
): Promise<T> {
  for (const backoffMs of BACKOFF_MS) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = retryDelayMs(error, backoffMs);
      if (delayMs === undefined || signal.aborted || !mayRetry()) throw error;
      await pause(delayMs, signal);
      signal.throwIfAborted();
    }
  }
  return await attempt();
}

/** The service's own wish or the backoff, with jitter upwards so that those turned away do not come back at once. */
function retryDelayMs(error: unknown, backoffMs: number): number | undefined {
  if (!(error instanceof BotError) || !failureOf(error).isRetryable) return undefined;
  const delayMs = (error.retryDelayMs ?? backoffMs) * (1 + Math.random() / 4);
  return delayMs <= MAX_DELAY_MS ? delayMs : undefined;
}

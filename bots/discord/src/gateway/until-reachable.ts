import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { RefusedError } from "./check-token.ts";

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/** Tries until it works, with growing pauses. Rejects at once with a `RefusedError`, and when the signal aborts. */
export async function untilReachable<T>(
  attempt: () => Promise<T>,
  { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
): Promise<T> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      logger.warn(`${error instanceof Error ? error.message : error}; trying again in ${delayMs / 1000} s`);
    }
    await wait(delayMs, undefined, { signal });
  }
}

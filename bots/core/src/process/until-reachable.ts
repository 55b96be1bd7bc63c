import type { Logger } from "pino";
import { pause } from "../port/pause.ts";
import { sentence } from "../text/sentences.ts";

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** A platform refuses the bot: another try is no use, and the message says what mends it. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/**
 * Tries until a platform answers, ever less often: a bot that is started without a network begins when there is one.
 * Rejects at once with a `RefusedError`, and with the signal's reason when it aborts.
 */
export async function untilReachable<T>(
  attempt: () => Promise<T>,
  { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
): Promise<T> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(MAX_DELAY_MS, 2 * delayMs)) {
    signal.throwIfAborted();
    try {
      const answer = await attempt();
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      signal.throwIfAborted();
      const reason = sentence(error instanceof Error ? error.message : String(error));
      logger.warn(`${reason} Trying again in ${delayMs / 1_000} s.`);
    }
    await pause(delayMs, signal);
  }
}

import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import type { TokenCheck } from "./check-tokens.ts";

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;

/** Slack does not take a token: the message says which, and where to find the right one. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/**
 * Asks Slack, again and again while it cannot be reached: a bot that is started without a network begins when there is
 * one.
 * @throws RefusedError when Slack does not take the token; the signal's reason when it aborts
 */
export async function untilAccepted(
  check: () => Promise<TokenCheck>,
  { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
): Promise<TokenCheck> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    const answer = await check();
    if (answer.isAccepted) return answer;
    if (!answer.isUnreachable) throw new RefusedError(answer.faults.join(" "));
    logger.warn(answer.faults.join(" "));
    await setTimeout(pauseMs, undefined, { signal });
  }
}

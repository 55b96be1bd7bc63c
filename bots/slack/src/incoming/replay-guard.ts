import type { BufferedIncomingMessage } from "@slack/bolt";
import { LruCache } from "./lru-cache.ts";

/** The library refuses older signatures, so older ones need not be remembered. */
const MAX_AGE_MS = 5 * 60_000;
const MAX_SIGNATURES = 50_000;

/** A request's signature and time, for the guard. */
export function signatureOf({ headers }: BufferedIncomingMessage): Record<string, unknown> {
  return { signature: headers["x-slack-signature"], signedAt: headers["x-slack-request-timestamp"] };
}

/** Takes each signed request once: Slack signs its own retries anew, whoever recorded one cannot. */
export class ReplayGuard {
  readonly #seen = new LruCache<true>(MAX_SIGNATURES, 2 * MAX_AGE_MS);

  admits({ signature, signedAt }: Readonly<Record<string, unknown>>): boolean {
    if (Number(signedAt) * 1_000 - Date.now() > MAX_AGE_MS) return false;
    const key = String(signature);
    if (this.#seen.get(key)) return false;
    this.#seen.set(key, true);
    return true;
  }
}

import type { IncomingHttpHeaders } from "node:http";
import { LruCache } from "../lru-cache.ts";

/** Older signatures are refused, so they need not be remembered. */
const MAX_AGE_MS = 5 * 60_000;
const MAX_SIGNATURES = 50_000;

/** What becomes of a signed request: `acknowledge` says that it was taken before. */
export type Verdict = "take" | "acknowledge" | "refuse";

/** Takes each signed request once, and none from the future: Slack signs its retries anew, whoever recorded one cannot. */
export class ReplayGuard {
  readonly #seen = new LruCache<true>(MAX_SIGNATURES, 2 * MAX_AGE_MS);

  /** For headers whose signature is right. https://docs.slack.dev/authentication/verifying-requests-from-slack */
  judge(headers: IncomingHttpHeaders): Verdict {
    if (Number(headers["x-slack-request-timestamp"]) * 1_000 - Date.now() > MAX_AGE_MS) return "refuse";
    // The hash alone: what may stand around it is not signed.
    const [, hash = ""] = String(headers["x-slack-signature"]).split("=");
    // A retry in the second of the first try has the same signature.
    if (this.#seen.get(hash)) return headers["x-slack-retry-num"] === undefined ? "refuse" : "acknowledge";
    this.#seen.set(hash, true);
    return "take";
  }
}

import { LruCache } from "@cria/bot-core";

/** So long nobody asks again: whoever administers the workspace may have mended it. */
const LIFETIME_MS = 3_600_000;
const MAX_CHANNELS = 1_000;
const EVERYWHERE = "";

/** Where Slack streams no replies, so that they are posted and changed by updates instead. */
export class StreamRefusals {
  readonly #refused = new LruCache<true>(MAX_CHANNELS, LIFETIME_MS);

  areRefused(channel: string): boolean {
    return this.#refused.get(channel) === true || this.#refused.get(EVERYWHERE) === true;
  }

  /** Remembers for what a stream was refused; false where it was for nothing that lasts. */
  note(channel: string, refusedFor: "channel" | "app" | undefined): boolean {
    if (refusedFor === undefined) return false;
    this.#refused.set(refusedFor === "app" ? EVERYWHERE : channel, true);
    return true;
  }
}

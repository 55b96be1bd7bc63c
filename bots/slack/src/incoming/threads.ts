import type { Logger } from "pino";
import type { PacedClient } from "../api/paced-client.ts";
import { LruCache } from "./lru-cache.ts";
import type { SlackMessageEvent } from "./message-event.ts";

const MAX_THREADS = 10_000;
const MEMBER_LIFETIME_MS = 24 * 3_600_000;
/** Another process may have joined in since. */
const STRANGER_LIFETIME_MS = 30_000;
/** Messages of a thread that are looked at. */
const MAX_LOOKED_AT = 200;

/** Which threads the bot is in: those it wrote in, or was mentioned in. */
export class Threads {
  readonly #client: PacedClient;
  readonly #botUserId: string;
  readonly #logger: Logger;
  readonly #joined = new LruCache<true>(MAX_THREADS, MEMBER_LIFETIME_MS);
  readonly #strange = new LruCache<true>(MAX_THREADS, STRANGER_LIFETIME_MS);

  constructor(client: PacedClient, botUserId: string, logger: Logger) {
    this.#client = client;
    this.#botUserId = botUserId;
    this.#logger = logger;
  }

  /** The bot answers in a thread. */
  join(channel: string, threadTs: string): void {
    this.#joined.set(`${channel}:${threadTs}`, true);
  }

  /** Whether the bot is in a thread, other than by the message `exceptTs`. False where Slack does not tell. */
  async has(channel: string, threadTs: string, exceptTs: string): Promise<boolean> {
    const key = `${channel}:${threadTs}`;
    if (this.#joined.get(key)) return true;
    if (this.#strange.get(key)) return false;
    const isIn = this.isIn(await this.messages(channel, threadTs), exceptTs);
    (isIn ? this.#joined : this.#strange).set(key, true);
    return isIn;
  }

  /** Whether the bot wrote one of these messages, or was mentioned in one. */
  isIn(messages: readonly SlackMessageEvent[], exceptTs: string): boolean {
    return messages.some(({ user, text, ts }) => {
      return ts !== exceptTs && (user === this.#botUserId || text?.includes(`<@${this.#botUserId}>`));
    });
  }

  /** Whether it is known already, so that nothing need be looked up. */
  hasJoined(channel: string, threadTs: string): boolean {
    return this.#joined.get(`${channel}:${threadTs}`) === true;
  }

  /** The first messages of a thread, its root included; none where Slack does not tell. */
  async messages(channel: string, threadTs: string): Promise<readonly SlackMessageEvent[]> {
    try {
      const args = { channel, ts: threadTs, limit: MAX_LOOKED_AT };
      const answer = await this.#client.call("conversations.replies", args);
      return (answer as { messages?: readonly SlackMessageEvent[] }).messages ?? [];
    } catch (error) {
      this.#logger.debug({ err: error, channel }, "a thread cannot be read");
      return [];
    }
  }
}

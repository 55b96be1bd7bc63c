import type { Logger } from "pino";
import type { PacedClient, SlackAnswer } from "../api/paced-client.ts";
import { slackError } from "../api/slack-errors.ts";
import { LruCache } from "../lru-cache.ts";
import type { SlackMessageEvent } from "./message-event.ts";

const MAX_THREADS = 10_000;
const MEMBER_LIFETIME_MS = 24 * 3_600_000;
/** Another process may have joined in since. */
const STRANGER_LIFETIME_MS = 30_000;
/** Messages of a thread that are looked at. */
const MAX_LOOKED_AT = 200;
/** Longer no question waits for what its thread is about. */
const MAX_WAIT_MS = 3_000;

export interface ThreadsOptions {
  readonly client: PacedClient;
  readonly botUserId: string;
  /** Whether there is a memory of the conversation in a thread. */
  readonly remembers: (channel: string, threadTs: string) => Promise<boolean>;
  readonly logger: Logger;
}

/** Where a message is; `threadTs` is its own `ts` where it is in no thread. */
export interface ThreadMessage {
  readonly channel: string;
  readonly threadTs: string;
  readonly ts: string;
}

/** Which threads the bot is in: those it wrote in, or was mentioned in. */
export class Threads {
  readonly #client: PacedClient;
  readonly #botUserId: string;
  readonly #remembers: ThreadsOptions["remembers"];
  readonly #logger: Logger;
  readonly #joined = new LruCache<true>(MAX_THREADS, MEMBER_LIFETIME_MS);
  readonly #strange = new LruCache<true>(MAX_THREADS, STRANGER_LIFETIME_MS);

  constructor({ client, botUserId, remembers, logger }: ThreadsOptions) {
    this.#client = client;
    this.#botUserId = botUserId;
    this.#remembers = remembers;
    this.#logger = logger;
  }

  /** The bot answers in a thread. */
  join(channel: string, threadTs: string): void {
    this.#joined.set(`${channel}:${threadTs}`, true);
  }

  /**
   * Whether the bot is in a thread, other than by the message `exceptTs`. False where Slack does not tell, and while its
   * calls are used up: people talk in threads without end, and those who mention the bot do not wait for that.
   */
  async has(channel: string, threadTs: string, exceptTs: string): Promise<boolean> {
    const key = `${channel}:${threadTs}`;
    if (this.#joined.get(key)) return true;
    if (this.#strange.get(key)) return false;
    const isIn = (await this.#remembers(channel, threadTs)) || (await this.#looksIn(channel, threadTs, exceptTs));
    if (isIn !== undefined) (isIn ? this.#joined : this.#strange).set(key, true);
    return isIn ?? false;
  }

  async #looksIn(channel: string, threadTs: string, exceptTs: string): Promise<boolean | undefined> {
    const messages = await this.#read(() => this.#client.callNow("conversations.replies", ofThread(channel, threadTs)));
    return messages && this.isIn(messages, exceptTs);
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

  /** The first messages of a thread, its root included; none where Slack does not tell in time. */
  async messages(channel: string, threadTs: string): Promise<readonly SlackMessageEvent[]> {
    const thread = ofThread(channel, threadTs);
    return (await this.#read(() => this.#client.callWithin(MAX_WAIT_MS, "conversations.replies", thread))) ?? [];
  }

  /** One message of a thread; undefined where it is gone. Rejects where Slack does not tell within so many milliseconds. */
  async message({ channel, threadTs, ts }: ThreadMessage, ms: number): Promise<SlackMessageEvent | undefined> {
    // Slack may list the root beside it.
    const alone = { channel, ts: threadTs, oldest: ts, latest: ts, inclusive: true, limit: 2 };
    try {
      const answer = await this.#client.callWithin(ms, "conversations.replies", alone);
      return messagesOf(answer).find((message) => message.ts === ts);
    } catch (error) {
      if (slackError(error) === "thread_not_found") return undefined;
      throw error;
    }
  }

  /** Undefined where it could not be asked. */
  async #read(call: () => Promise<SlackAnswer | undefined>): Promise<readonly SlackMessageEvent[] | undefined> {
    try {
      const answer = await call();
      return answer && messagesOf(answer);
    } catch (error) {
      this.#logger.debug({ err: error }, "a thread cannot be read");
      return undefined;
    }
  }
}

function messagesOf(answer: SlackAnswer): readonly SlackMessageEvent[] {
  return (answer as { messages?: readonly SlackMessageEvent[] }).messages ?? [];
}

function ofThread(channel: string, threadTs: string) {
  return { channel, ts: threadTs, limit: MAX_LOOKED_AT };
}

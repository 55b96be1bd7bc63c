import { LruCache } from "@cria/bot-core";
import type { Logger } from "pino";
import type { PacedClient, SlackAnswer } from "../api/paced-client.ts";
import { slackError } from "../api/slack-errors.ts";
import type { SlackMessage } from "../incoming/message-event.ts";
import { endOfThread, MAX_PAGE_SIZE, type ThreadPage } from "./thread-end.ts";

const MAX_THREADS = 10_000;
const MEMBER_LIFETIME_MS = 24 * 3_600_000;
/** Where memory knows a thread, the bot has been in it for as long as matters. */
const LONG_AGO = "0";
/** Another process may have joined in since. */
const STRANGER_LIFETIME_MS = 30_000;
/** Messages of a thread that are looked at; most threads have fewer. */
const PAGE_SIZE = 200;
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
export interface MessagePlace {
  readonly channel: string;
  readonly threadTs: string;
  readonly ts: string;
}

/** Which threads the bot is in, those that it wrote or was mentioned in, and what was said there. */
export class Threads {
  readonly #options: ThreadsOptions;
  /** By thread: the message by which the bot came in, as its `ts`. What was said before was said among people. */
  readonly #joined = new LruCache<string>(MAX_THREADS, MEMBER_LIFETIME_MS);
  readonly #looking = new Map<string, Promise<ThreadPage | undefined>>();
  readonly #strange = new LruCache<true>(MAX_THREADS, STRANGER_LIFETIME_MS);

  constructor(options: ThreadsOptions) {
    this.#options = options;
  }

  /** The bot answers a message in a thread. */
  join(channel: string, threadTs: string, ts: string): void {
    const key = `${channel}:${threadTs}`;
    const since = this.#joined.get(key);
    this.#joined.set(key, since !== undefined && Number(since) < Number(ts) ? since : ts);
  }

  /** Whether the bot was in a thread when a message came, as far as this process knows; undefined where that must be looked up. */
  knows({ channel, threadTs, ts }: MessagePlace): boolean | undefined {
    const key = `${channel}:${threadTs}`;
    const since = this.#joined.get(key);
    if (since !== undefined) return Number(ts) > Number(since);
    return this.#strange.get(key) ? false : undefined;
  }

  /**
   * Whether the bot was in a thread when a message came. Undefined where Slack does not tell, and while its calls are used up:
   * people talk in threads without end, and those who mention the bot do not wait for that.
   */
  async has(place: MessagePlace): Promise<boolean | undefined> {
    const { channel, threadTs } = place;
    const known = this.knows(place);
    if (known !== undefined) return known;
    if (!(await this.#options.remembers(channel, threadTs))) return await this.mayHave(place);
    this.join(channel, threadTs, LONG_AGO);
    return true;
  }

  /** As `has`, without a look into memory; undefined where Slack does not tell. */
  async mayHave(place: MessagePlace): Promise<boolean | undefined> {
    const known = this.knows(place);
    if (known !== undefined) return known;
    const { channel, threadTs } = place;
    const page = await this.#lookAt(channel, threadTs);
    const since = page && this.#cameIn(page.messages);
    if (since !== undefined) this.join(channel, threadTs, since);
    else if (page?.hasMore === false) this.#strange.set(`${channel}:${threadTs}`, true);
    return this.knows(place);
  }

  /** One call for all who ask at once. */
  async #lookAt(channel: string, threadTs: string): Promise<ThreadPage | undefined> {
    const key = `${channel}:${threadTs}`;
    const looking = this.#looking.get(key) ?? this.#beginLook(channel, threadTs);
    this.#looking.set(key, looking);
    return await looking.finally(() => this.#looking.delete(key));
  }

  async #beginLook(channel: string, threadTs: string): Promise<ThreadPage | undefined> {
    const { client } = this.#options;
    return await this.#read(() => client.callNow("conversations.replies", firstPage(channel, threadTs)));
  }

  /** The first message that the bot wrote or was mentioned in. */
  #cameIn(messages: readonly SlackMessage[]): string | undefined {
    const { botUserId } = this.#options;
    return messages.find(({ user, text }) => user === botUserId || text?.includes(`<@${botUserId}>`))?.ts;
  }

  /**
   * What was said in a thread before a message, oldest first: its root, and the newest messages as far as four calls tell them,
   * mostly two. None where Slack does not tell in time.
   */
  async before({ channel, threadTs, ts }: MessagePlace): Promise<readonly SlackMessage[]> {
    const endMs = Date.now() + MAX_WAIT_MS;
    const page = (args: object) => this.#page({ ...firstPage(channel, threadTs), latest: ts, ...args }, endMs);
    const first = await page({});
    if (!first) return [];
    const newest = await endOfThread(first, ts, (oldest) => page({ oldest, limit: MAX_PAGE_SIZE }));
    const root = first.messages.filter((message) => message.ts === threadTs);
    const others = newest.filter((message) => message.ts !== threadTs);
    return [...root, ...others].filter((message) => Number(message.ts) < Number(ts));
  }

  async #page(args: Readonly<Record<string, unknown>>, endMs: number): Promise<ThreadPage | undefined> {
    const leftMs = endMs - Date.now();
    if (leftMs <= 0) return undefined;
    return await this.#read(() => this.#options.client.callWithin(leftMs, "conversations.replies", args));
  }

  /** One message of a thread; undefined where it is gone. Rejects where Slack does not tell within so many milliseconds. */
  async message({ channel, threadTs, ts }: MessagePlace, ms: number): Promise<SlackMessage | undefined> {
    // Slack may list the root beside it.
    const alone = { channel, ts: threadTs, oldest: ts, latest: ts, inclusive: true, limit: 2 };
    try {
      const answer = await this.#options.client.callWithin(ms, "conversations.replies", alone);
      return pageOf(answer).messages.find((message) => message.ts === ts);
    } catch (error) {
      if (slackError(error) === "thread_not_found") return undefined;
      throw error;
    }
  }

  /** Undefined where it could not be asked. */
  async #read(call: () => Promise<SlackAnswer | undefined>): Promise<ThreadPage | undefined> {
    try {
      const answer = await call();
      return answer && pageOf(answer);
    } catch (error) {
      this.#options.logger.debug({ err: error }, "a thread cannot be read");
      return undefined;
    }
  }
}

function pageOf(answer: SlackAnswer): ThreadPage {
  const { messages = [], has_more: hasMore = false } = answer as {
    messages?: readonly SlackMessage[];
    has_more?: boolean;
  };
  return { messages, hasMore };
}

function firstPage(channel: string, threadTs: string) {
  return { channel, ts: threadTs, limit: PAGE_SIZE };
}

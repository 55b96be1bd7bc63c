import { pause } from "@cria/bot-core";
import {
  type Channel,
  type Client,
  DiscordAPIError,
  type Message,
  SnowflakeUtil,
  type TextBasedChannel,
} from "discord.js";
import type { Logger } from "pino";
import type { DiscordClock } from "./discord-clock.ts";

/** How far back a new session looks: longer than a restart takes. Older questions have been given up by who asked. */
const LOOK_BACK_MS = 2 * 60_000;
/** Read of each channel at most: Discord's page. */
const MAX_MESSAGES = 100;
/** Channels of a shard looked at in one go; further ones are left alone. */
const MAX_CHANNELS = 200;
/** Before what failed is tried again; discord.js has tried for a second by then. Whose question is older asks again. */
const RETRY_DELAYS_MS = [5_000, 15_000, 45_000];
/** Brings direct messages. */
const DIRECT_SHARD = 0;

export interface CatchUpOptions {
  readonly client: Client<true>;
  readonly logger: Logger;
  readonly clock: DiscordClock;
  /** Ids of direct-message channels that memory knows. */
  readonly directChannels: () => Promise<readonly string[]>;
  /** Ends what is tried again. */
  readonly signal: AbortSignal;
}

/**
 * Messages that came while nobody listened: a session that could be resumed is caught up by Discord, a new one begins
 * empty. Each shard has a session of its own. Hands over what was not answered; the core drops what it has seen.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** By shard: the newest message that it brought. */
  readonly #newest = new Map<number, string>();
  /** By shard whose connection is broken: the newest message that it brought before. */
  readonly #marks = new Map<number, string>();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  saw({ id, guild }: Message): void {
    const shardId = guild?.shardId ?? DIRECT_SHARD;
    if (BigInt(id) > BigInt(this.#newest.get(shardId) ?? 0)) this.#newest.set(shardId, id);
  }

  /** A shard's connection broke. What it brings from now on says nothing of what came before. */
  onBreak(shardId: number): void {
    const newest = this.#newest.get(shardId);
    if (newest !== undefined && !this.#marks.has(shardId)) this.#marks.set(shardId, newest);
  }

  /** A shard's session goes on: Discord has sent what came meanwhile. */
  onResume(shardId: number): void {
    this.#marks.delete(shardId);
  }

  /**
   * Hands over what is newer than what a shard brought before its connection broke, and not older than two minutes: channel by
   * channel, each in order. Resolves when all are read, or given up after a minute.
   */
  async missed(shardId: number, onMessage: (message: Message) => void): Promise<void> {
    const { client } = this.#options;
    const after = this.#takeMark(shardId);
    const known = client.channels.cache.filter((channel) => shardOf(channel) === shardId && mayHold(channel, after));
    const handOver = async (read: () => Promise<readonly Message[]>) => (await this.#insist(read))?.forEach(onMessage);
    const handOverUnseen = async () => {
      const unseen = await this.#unseenDirectChannels();
      await Promise.all(unseen.map((id) => handOver(() => this.#readDirect(id, after))));
    };
    await Promise.all([
      ...known.first(MAX_CHANNELS).map((channel) => handOver(() => this.#read(channel, after))),
      shardId === DIRECT_SHARD && handOverUnseen(),
    ]);
  }

  #takeMark(shardId: number): string {
    const oldest = SnowflakeUtil.generate({ timestamp: this.#options.clock.now() - LOOK_BACK_MS });
    const mark = this.#marks.get(shardId) ?? "0";
    this.#marks.delete(shardId);
    return BigInt(mark) > oldest ? mark : `${oldest}`;
  }

  /** Those that this process has not seen: a new session tells of none. */
  async #unseenDirectChannels(): Promise<readonly string[]> {
    const { client, directChannels } = this.#options;
    const ids = (await this.#insist(directChannels)) ?? [];
    return ids.filter((id) => !client.channels.cache.has(id)).slice(0, MAX_CHANNELS);
  }

  /** Tries again what failed; undefined where that is no use. What Discord refuses is not for the bot to read. */
  async #insist<T>(read: () => Promise<T>): Promise<T | undefined> {
    const { logger, signal } = this.#options;
    for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
      if (signal.aborted) return undefined;
      try {
        return await read();
      } catch (error) {
        if (error instanceof DiscordAPIError) return undefined;
        if (delayMs === undefined)
          logger.warn({ err: error }, "what was written somewhere while nobody listened cannot be read");
        else await pause(delayMs, signal);
      }
    }
    return undefined;
  }

  /** Several applications on one memory have channels of their own. What is fetched says what its last message is. */
  async #readDirect(id: string, after: string): Promise<readonly Message[]> {
    const channel = await this.#options.client.channels.fetch(id);
    const isNewer = channel && BigInt(lastMessageId(channel)) > BigInt(after);
    return isNewer ? await this.#read(channel, after) : [];
  }

  async #read(channel: Channel, after: string): Promise<readonly Message[]> {
    const { client } = this.#options;
    const page = await (channel as TextBasedChannel).messages.fetch({ after, limit: MAX_MESSAGES });
    const answered = new Set(
      page.filter(({ author }) => author.id === client.user.id).map(({ reference }) => reference?.messageId),
    );
    return [...page.values()]
      .filter((one) => !answered.has(one.id) && one.thread?.ownerId !== client.user.id)
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }
}

function shardOf(channel: Channel): number {
  return channel.isDMBased() ? DIRECT_SHARD : channel.guild.shardId;
}

/** Whether there may be newer messages. Of those that come, channels of direct messages are not told. */
function mayHold(channel: Channel, after: string): boolean {
  return channel.isTextBased() && (channel.isDMBased() || BigInt(lastMessageId(channel)) > BigInt(after));
}

function lastMessageId(channel: Channel): string {
  return (channel.isTextBased() ? channel.lastMessageId : undefined) ?? "0";
}

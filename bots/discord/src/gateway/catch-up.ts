import { type Channel, type Client, type Message, SnowflakeUtil, type TextBasedChannel } from "discord.js";
import type { Logger } from "pino";
import type { DiscordClock } from "./discord-clock.ts";

/** How far back a new session looks: longer than a restart takes. Older questions have been given up by who asked. */
const LOOK_BACK_MS = 2 * 60_000;
/** Read of each channel at most: Discord's page. */
const MAX_MESSAGES = 100;
/** Channels of a shard looked at in one go; further ones are left alone. */
const MAX_CHANNELS = 200;
/** Brings direct messages. */
const DIRECT_SHARD = 0;

export interface CatchUpOptions {
  readonly client: Client<true>;
  readonly logger: Logger;
  readonly clock: DiscordClock;
  /** Ids of direct-message channels that memory knows. */
  readonly directChannels: () => Promise<readonly string[]>;
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

  /** Reads what is newer than what a shard brought before its connection broke, and not older than two minutes. */
  async missed(shardId: number): Promise<readonly Message[]> {
    const { client, clock } = this.#options;
    const oldest = SnowflakeUtil.generate({ timestamp: clock.now() - LOOK_BACK_MS });
    const mark = this.#marks.get(shardId) ?? "0";
    this.#marks.delete(shardId);
    const after = BigInt(mark) > oldest ? mark : `${oldest}`;
    const found = shardId === DIRECT_SHARD ? await this.#findDirectChannels() : [];
    const channels = client.channels.cache.filter(
      (channel) => shardOf(channel) === shardId && mayHaveMissed(channel, after, found),
    );
    const pages = await Promise.all(
      [...channels.values()].slice(0, MAX_CHANNELS).map((channel) => this.#read(channel, after)),
    );
    return pages.flat().sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  /** Those that this process has not seen: a new session tells of none. */
  async #findDirectChannels(): Promise<readonly (Channel | undefined)[]> {
    const { client, directChannels, logger } = this.#options;
    try {
      const unseen = (await directChannels()).filter((id) => !client.channels.cache.has(id));
      // Several applications on one memory have channels of their own.
      const fetched = unseen.slice(0, MAX_CHANNELS).map((id) => client.channels.fetch(id).catch(() => null));
      return (await Promise.all(fetched)).map((channel) => channel ?? undefined);
    } catch (error) {
      logger.warn({ err: error }, "it is not known who wrote directly before");
      return [];
    }
  }

  async #read(channel: Channel, after: string): Promise<readonly Message[]> {
    const { client, logger } = this.#options;
    try {
      const page = await (channel as TextBasedChannel).messages.fetch({ after, limit: MAX_MESSAGES });
      const answered = new Set(
        page.filter(({ author }) => author.id === client.user.id).map(({ reference }) => reference?.messageId),
      );
      return [...page.values()].filter((one) => !answered.has(one.id) && one.thread?.ownerId !== client.user.id);
    } catch (error) {
      logger.debug({ err: error, channelId: channel.id }, "a channel could not be looked through");
      return [];
    }
  }
}

function shardOf(channel: Channel): number {
  return channel.isDMBased() ? DIRECT_SHARD : channel.guild.shardId;
}

/** Channels of direct messages say what their last message is when they are `found`, and are not told of it later. */
function mayHaveMissed(channel: Channel, after: string, found: readonly (Channel | undefined)[]): boolean {
  if (!channel.isTextBased()) return false;
  if (channel.isDMBased() && !found.includes(channel)) return true;
  return BigInt(channel.lastMessageId ?? 0) > BigInt(after);
}

import { type Channel, type Client, type Message, SnowflakeUtil, type TextBasedChannel } from "discord.js";
import type { Logger } from "pino";

/** How far back a new session looks: longer than a restart takes. Older questions have been given up by who asked. */
const LOOK_BACK_MS = 2 * 60_000;
/** Read of each channel at most: Discord's page. */
const MAX_MESSAGES = 100;
/** Channels looked at in one go; further ones are left alone. */
const MAX_CHANNELS = 200;

/**
 * Messages that came while nobody listened: a session that could be resumed is caught up by Discord, a new one begins
 * empty. Hands over what was not answered; the core drops what it has seen.
 */
export class CatchUp {
  readonly #client: Client<true>;
  readonly #logger: Logger;
  /** The newest message this process has seen. */
  #seenId = "0";

  constructor(client: Client<true>, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  saw({ id }: Message): void {
    if (BigInt(id) > BigInt(this.#seenId)) this.#seenId = id;
  }

  /** Reads what is newer than what this process saw, and not older than two minutes. */
  async missed(): Promise<readonly Message[]> {
    const oldest = SnowflakeUtil.generate({ timestamp: Date.now() - LOOK_BACK_MS });
    const after = BigInt(this.#seenId) > oldest ? this.#seenId : `${oldest}`;
    const channels = this.#client.channels.cache.filter((channel) => mayHaveMissed(channel, after));
    const pages = await Promise.all(
      [...channels.values()].slice(0, MAX_CHANNELS).map((channel) => this.#read(channel, after)),
    );
    return pages.flat().sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  async #read(channel: Channel, after: string): Promise<readonly Message[]> {
    try {
      const page = await (channel as TextBasedChannel).messages.fetch({ after, limit: MAX_MESSAGES });
      const answered = new Set(
        page.filter(({ author }) => author.id === this.#client.user.id).map(({ reference }) => reference?.messageId),
      );
      return [...page.values()].filter(({ id }) => !answered.has(id));
    } catch (error) {
      this.#logger.debug({ err: error, channelId: channel.id }, "a channel could not be looked through");
      return [];
    }
  }
}

/** Direct messages do not say what their last message is. */
function mayHaveMissed(channel: Channel, after: string): boolean {
  if (!channel.isTextBased()) return false;
  if (channel.isDMBased()) return true;
  return BigInt(channel.lastMessageId ?? 0) > BigInt(after);
}

import { type ConversationSettings, LruCache, type Place } from "@cria/bot-core";

/** What another process was told is heard after this time at the latest. */
const LIFETIME_MS = 30_000;
const MAX_PLACES = 10_000;

/** What is set at places, read once in a while: it says which messages are for the bot, and where they are answered. */
export class ChannelSettings {
  readonly #read: (place: Place) => Promise<ConversationSettings>;
  readonly #known = new LruCache<Promise<ConversationSettings>>(MAX_PLACES, LIFETIME_MS);

  constructor(read: (place: Place) => Promise<ConversationSettings>) {
    this.#read = read;
  }

  /** Nothing is set where that cannot be known. */
  async at(place: Place): Promise<ConversationSettings> {
    const key = place.threadId ?? place.channelId;
    const known = this.#known.get(key);
    if (known) return await known;
    const settings = this.#read(place).catch(() => {
      this.#known.delete(key);
      return {};
    });
    this.#known.set(key, settings);
    return await settings;
  }

  /** Something was set somewhere. */
  forget(): void {
    this.#known.clear();
  }
}

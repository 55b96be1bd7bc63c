import { LruCache } from "@cria/bot-core";

const MAX_CHANNELS = 10_000;
/** Longer no setting goes unheard that another process was told of. */
const LIFETIME_MS = 30_000;

/** What is set for a channel; `isOpen` once it is read. */
interface Look {
  readonly reading: Promise<boolean>;
  isOpen?: boolean;
}

/** Channels whose messages are answered though they do not name the bot. */
export class OpenChannels {
  readonly #isOpen: (channel: string) => Promise<boolean>;
  readonly #known = new LruCache<Look>(MAX_CHANNELS, LIFETIME_MS);

  /** `isOpen` reads what is set for a channel. */
  constructor(isOpen: (channel: string) => Promise<boolean>) {
    this.#isOpen = isOpen;
  }

  /** As far as this process knows; undefined where that must be looked up. */
  knows(channel: string): boolean | undefined {
    return this.#known.get(channel)?.isOpen;
  }

  /** Undefined where it cannot be known. One look for all who ask at once. */
  async has(channel: string): Promise<boolean | undefined> {
    const look = this.#known.get(channel) ?? this.#look(channel);
    return await look.reading.catch(() => undefined);
  }

  /** Something was set somewhere. What is being read just now may be what was set before. */
  forget(): void {
    this.#known.clear();
  }

  #look(channel: string): Look {
    const look: Look = { reading: this.#isOpen(channel) };
    this.#known.set(channel, look);
    look.reading.then(
      (isOpen) => Object.assign(look, { isOpen }),
      () => this.#known.delete(channel),
    );
    return look;
  }
}

import { LruCache } from "./lru-cache.ts";

const MAX_CHANNELS = 10_000;
/** Longer no setting goes unheard that another process was told of. */
const LIFETIME_MS = 30_000;

/** Channels whose messages are answered though they do not name the bot. */
export class OpenChannels {
  readonly #isOpen: (channel: string) => Promise<boolean>;
  readonly #known = new LruCache<boolean>(MAX_CHANNELS, LIFETIME_MS);
  readonly #asking = new Map<string, Promise<boolean>>();

  /** `isOpen` reads what is set for a channel. */
  constructor(isOpen: (channel: string) => Promise<boolean>) {
    this.#isOpen = isOpen;
  }

  /** As far as this process knows; undefined where that must be looked up. */
  knows(channel: string): boolean | undefined {
    return this.#known.get(channel);
  }

  /** False where it cannot be known. */
  async has(channel: string): Promise<boolean> {
    const known = this.knows(channel);
    if (known !== undefined) return known;
    // One look for all who ask at once.
    const asking = this.#asking.get(channel) ?? this.#isOpen(channel);
    this.#asking.set(channel, asking);
    try {
      const isOpen = await asking;
      this.#known.set(channel, isOpen);
      return isOpen;
    } catch {
      return false;
    } finally {
      this.#asking.delete(channel);
    }
  }

  /** Something was set there. */
  forget(channel: string): void {
    this.#known.delete(channel);
  }
}

import type { SendableChannels } from "discord.js";
import { ChannelTyping } from "./typing.ts";

/** Discord takes five edits, and five new messages, in so long of a channel. */
const WINDOW_MS = 5_000;
/** Of those five, what need not be said may have four: a last text goes at once. */
const MAX_HALFWAY = 4;

/** What all replies in one channel may do together: Discord limits the channel, and queues what is too much in order. */
export class ChannelPace {
  readonly typing: ChannelTyping;
  #numUnderWay = 0;
  #sentAtMs: number[] = [];

  constructor(channel: SendableChannels) {
    this.typing = new ChannelTyping(channel);
  }

  /** Whether a text that another will follow may be shown now: it would hold up nobody's last text. */
  get hasRoom(): boolean {
    return this.#numUnderWay + this.#recent().length < MAX_HALFWAY;
  }

  /** Sends a request that counts. Rejects as it does. */
  async send<T>(request: () => Promise<T>): Promise<T> {
    this.#numUnderWay++;
    try {
      return await request();
    } finally {
      this.#numUnderWay--;
      this.#sentAtMs = [...this.#recent(), performance.now()];
    }
  }

  #recent(): readonly number[] {
    const sinceMs = performance.now() - WINDOW_MS;
    return this.#sentAtMs.filter((sentAtMs) => sentAtMs > sinceMs);
  }
}

import type { SendableChannels } from "discord.js";
import { ChannelTyping } from "./typing.ts";

/** Discord takes five edits, and five new messages, in so long of a channel. */
const WINDOW_MS = 5_000;
/** Of those five, what need not be said may have so many: a last text goes at once, and words go before notices. */
const MAX_HALFWAY = { words: 4, notice: 2 } as const;

/** What all replies in one channel may do together: Discord limits the channel, and queues what is too much in order. */
export class ChannelPace {
  readonly typing: ChannelTyping;
  readonly creates = new RequestPace();
  readonly edits = new RequestPace();

  constructor(channel: SendableChannels) {
    this.typing = new ChannelTyping(channel);
  }
}

/** Requests of one kind in a channel. */
class RequestPace {
  #numUnderWay = 0;
  #sentAtMs: number[] = [];

  /** Whether what another text will follow may be shown now: words, or a notice that one waits. It would hold up nobody's last text. */
  hasRoomFor(kind: keyof typeof MAX_HALFWAY): boolean {
    return this.#numUnderWay + this.#recent().length < MAX_HALFWAY[kind];
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

import type { SendableChannels } from "discord.js";

/** Discord shows "is typing" for 10 s; a little earlier it is told again. */
const REPEAT_MS = 8_000;
/** A wait this long is a status message's to tell of. */
const LIMIT_MS = 10 * 60_000;

/** "Is typing" in one channel, told once for all replies there. Fails silently: it is a courtesy. */
export class ChannelTyping {
  readonly #channel: SendableChannels;
  /** When each reply that waits is given up, in order. */
  readonly #waiting = new Set<{ readonly untilMs: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(channel: SendableChannels) {
    this.#channel = channel;
  }

  /** Shows it until the returned function is called, or for ten minutes. */
  start(): () => void {
    const reply = { untilMs: Date.now() + LIMIT_MS };
    this.#waiting.add(reply);
    if (!this.#timer) {
      this.#timer = setInterval(() => this.#repeat(), REPEAT_MS);
      this.#show();
    }
    return () => this.#stop(reply);
  }

  #repeat(): void {
    for (const reply of this.#waiting) if (reply.untilMs <= Date.now()) this.#stop(reply);
    if (this.#timer) this.#show();
  }

  #stop(reply: { readonly untilMs: number }): void {
    this.#waiting.delete(reply);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #show(): void {
    this.#channel.sendTyping().catch(() => undefined);
  }
}

import { CallCancelledError } from "./error-status.ts";
import type { Send } from "./handler.ts";

/**
 * For what a slow reader has not taken when its reply is made. The model then works for others: without a limit, readers that
 * take a message now and then would be held in memory in any number.
 */
const MAX_FLUSH_MS = 60_000;

/**
 * Sends messages in order, while whoever makes them goes on: a slow reader holds up nothing but itself. What waits is bounded by
 * what is put, as the length of one reply, and by the time it may wait once that is whole.
 */
export class SendQueue<T> {
  readonly #send: Send<T>;
  #waiting: T[] = [];
  #flushing: Promise<void> | undefined;
  #isFlushing = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(send: Send<T>) {
    this.#send = send;
  }

  /** @throws what an earlier message could not be sent for */
  put(message: T): void {
    if (this.#failure) throw this.#failure.error;
    this.#waiting.push(message);
    if (!this.#isFlushing) this.#flushing = this.#flush();
  }

  /** Resolves when all are sent. @throws what one could not be sent for; CallCancelledError when a minute did not suffice */
  async flushed(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, MAX_FLUSH_MS);
    }).then(() =>
      this.#giveUp(new CallCancelledError(`the caller took over ${MAX_FLUSH_MS / 1e3} s to read its reply`)),
    );
    await Promise.race([this.#flushing, tooLate]);
    clearTimeout(timer);
    if (this.#failure) throw this.#failure.error;
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        const drained = this.#send(next);
        if (drained) await drained;
      }
    } catch (error) {
      this.#giveUp(error);
    }
    this.#isFlushing = false;
  }

  #giveUp(error: unknown): void {
    this.#failure ??= { error };
    this.#waiting = [];
  }
}

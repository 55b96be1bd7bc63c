/**
 * Keeps a CPU or GPU to one at a time: passes, loads and the freeing of memory, first come first served, whichever model asks.
 * Side by side they would take longer, and some devices crash. A model asks for its next pass once it has the last one's
 * result, so that two busy models take turns, and no more than one request a model waits here.
 */
export class DeviceMutex {
  /** Each begins the work of one that waits, the first come first. */
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;

  /**
   * Does the work once all that was asked for before is done, has failed or has left. Work must not ask for more of itself:
   * it would wait for ever.
   * @throws the signal's reason where it aborts before the work begins, which then is never done
   */
  async runExclusive<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#isBusy) await this.#turn(signal);
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(signal!.reason);
      };
      this.#waiting.push(begin);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Hands the device on: it is busy until nobody waits. */
  #next(): void {
    const begin = this.#waiting.shift();
    if (begin) begin();
    else this.#isBusy = false;
  }
}

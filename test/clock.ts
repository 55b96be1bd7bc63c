/** The server's time: what expires, what is retried and what is limited hangs on it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after that time; the returned function forgets it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The machine's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that runs with the machine's and can be put forward: what falls due on the way happens at once, in order. */
export class AdvancingClock implements Clock {
  #aheadMs = 0;
  readonly #waiting = new Set<{ readonly atMs: number; readonly run: () => void }>();

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const forget = () => {
      stop();
      this.#waiting.delete(entry);
    };
    const run = () => {
      forget();
      callback();
    };
    const entry = { atMs: this.now() + delayMs, run };
    const stop = systemClock.schedule(delayMs, run);
    this.#waiting.add(entry);
    return forget;
  }

  /** Puts the clock forward. */
  advance(ms: number): void {
    this.#aheadMs += ms;
    const due = [...this.#waiting].filter(({ atMs }) => atMs <= this.now()).sort((a, b) => a.atMs - b.atMs);
    for (const { run } of due) run();
  }
}

import type { RateLimit } from "./limits.ts";

/** What a counter says of one more request. */
export interface RateVerdict {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAtMs: number;
}

/** Counts requests in windows that begin with the first of them, each key by itself. */
export class RateLimiter {
  readonly #now: () => number;
  readonly #windows = new Map<string, { used: number; readonly resetAtMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one request unless its window is full. */
  take(key: string, rate: RateLimit): RateVerdict {
    const window = this.#window(key, rate);
    const isAllowed = window.used < rate.limit;
    if (isAllowed) window.used++;
    return { isAllowed, limit: rate.limit, remaining: rate.limit - window.used, resetAtMs: window.resetAtMs };
  }

  /** What is left, without taking any of it. */
  peek(key: string, rate: RateLimit): RateVerdict {
    const { used, resetAtMs } = this.#window(key, rate);
    return { isAllowed: used < rate.limit, limit: rate.limit, remaining: rate.limit - used, resetAtMs };
  }

  #window(key: string, { windowMs }: RateLimit) {
    const nowMs = this.#now();
    let window = this.#windows.get(key);
    if (!window || window.resetAtMs <= nowMs) {
      window = { used: 0, resetAtMs: nowMs + windowMs };
      this.#windows.set(key, window);
    }
    return window;
  }
}

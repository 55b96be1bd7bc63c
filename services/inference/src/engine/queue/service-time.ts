const FIRST_SERVICE_MS = 2_000;
const SERVICE_SMOOTHING = 0.2;
/** A reply that seems to take longer is one during which the clock jumped. */
const MAX_SERVICE_MS = 600_000;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 60_000;

/** How long requests run of late: the exponential moving average of a fifth; 2 s until the first has ended. */
export class ServiceTime {
  #meanMs = FIRST_SERVICE_MS;

  /** One that ran has ended; by a clock that jumped back it took less than no time, which tells nothing. */
  ended(serviceMs: number): void {
    if (!(serviceMs >= 0)) return;
    this.#meanMs += SERVICE_SMOOTHING * (Math.min(serviceMs, MAX_SERVICE_MS) - this.#meanMs);
  }

  /** When so many will have got to run that go before, where `numRows` run at once: whole milliseconds, 0.1 to 60 s. */
  retryDelayMs(numAhead: number, numRows: number): number {
    return Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, Math.ceil((this.#meanMs * numAhead) / numRows)));
  }
}

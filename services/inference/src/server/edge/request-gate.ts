import { InferenceError } from "../../errors.ts";

/** For aborted requests to let go of what they hold; it takes them a turn of the event loop. */
const ENDING_MS = 200;

/** Knows which requests are running, and lets none in once it drains. */
export class RequestGate {
  readonly #running = new Map<AbortController, Promise<unknown>>();
  #isDraining = false;

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /**
   * Runs a request. The signal it gets aborts when the caller's does, and when the time of a drain is over.
   * @throws InferenceError DRAINING
   */
  async run<T>(signal: AbortSignal, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isDraining) throw draining("takes no new requests");
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      const running = request(controller.signal);
      this.#running.set(controller, running);
      return await running;
    } finally {
      this.#running.delete(controller);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Lets no request in any more, waits for the running ones at most this long, ends the rest and tells how many once they have. */
  async drain(timeoutMs: number): Promise<number> {
    this.#isDraining = true;
    await settledWithin([...this.#running.values()], timeoutMs);
    const left = [...this.#running.keys()];
    const ended = [...this.#running.values()];
    for (const controller of left) controller.abort(draining("ended what was still running"));
    await settledWithin(ended, ENDING_MS);
    return left.length;
  }
}

function draining(what: string): InferenceError {
  const message = `the service is shutting down and ${what}: try again in a moment or at another replica`;
  return new InferenceError("DRAINING", message);
}

async function settledWithin(promises: readonly Promise<unknown>[], timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.allSettled(promises), timeout]);
  clearTimeout(timer);
}

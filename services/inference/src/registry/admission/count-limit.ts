import { InferenceError } from "../../errors.ts";

/** The longest counts take 0.1 s of the tokenizer's time, so it has caught up in seconds. */
const MAX_COUNTS = 64;
const MAX_BYTES = 2 ** 20;
const RETRY_DELAY_MS = 1_000;

/** Bounds the counts of tokens that run or wait for one another. */
export class CountLimit {
  #numCounts = 0;
  #bytes = 0;

  /** Counts the tokens of so many bytes of text. One alone may have more. @throws InferenceError QUEUE_FULL */
  async run<T>(bytes: number, count: () => Promise<T>): Promise<T> {
    if (this.#numCounts >= MAX_COUNTS || (this.#numCounts > 0 && this.#bytes + bytes > MAX_BYTES))
      throw this.#queueFull(bytes);
    this.#numCounts++;
    this.#bytes += bytes;
    try {
      return await count();
    } finally {
      this.#numCounts--;
      this.#bytes -= bytes;
    }
  }

  #queueFull(bytes: number): InferenceError {
    const message =
      `${this.#numCounts} counts of tokens with ${this.#bytes} bytes of text wait for the tokenizer, this one has ${bytes}; ` +
      `the limits are ${MAX_COUNTS} counts and ${MAX_BYTES} bytes. Try again later`;
    return new InferenceError("QUEUE_FULL", message, { retryDelayMs: RETRY_DELAY_MS });
  }
}

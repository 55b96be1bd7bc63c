import type { Logger } from "pino";
import { codeOf } from "../port/bot-error.ts";

const AGAIN_MS = 2_000;
/** Longer than a restart of the store takes. */
const LIFE_MS = 10 * 60_000;
/** Of some hundred bytes each. */
const MAX_CHANGES = 1_000;

interface Change {
  readonly work: () => Promise<void>;
  readonly untilMs: number;
}

/** Changes that the store did not hear since it was away, made again until it hears them: of each thing the last one, for ten minutes. */
export class Unheard {
  readonly #logger: Logger;
  readonly #changes = new Map<string, Change>();
  #isTrying = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Makes a change of the thing that `key` names. Resolves once it is made, or is to be made again. Never rejects. */
  async make(key: string, work: () => Promise<void>): Promise<void> {
    this.#changes.delete(key);
    if (await this.#isHeard(key, work)) return;
    if (this.#changes.size >= MAX_CHANGES) return this.#logger.error({ key }, "a change was not heard; too many wait");
    this.#changes.set(key, { work, untilMs: performance.now() + LIFE_MS });
    this.#tryLater();
  }

  #tryLater(): void {
    if (this.#isTrying || this.#changes.size === 0) return;
    this.#isTrying = true;
    setTimeout(() => void this.#tryAll(), AGAIN_MS).unref();
  }

  /** In their order, as far as they are heard. */
  async #tryAll(): Promise<void> {
    for (const [key, change] of this.#changes) {
      const isLate = performance.now() > change.untilMs;
      if (isLate) this.#logger.error({ key }, "a change was not heard in ten minutes");
      else if (!(await this.#isHeard(key, change.work))) break;
      if (this.#changes.get(key) === change) this.#changes.delete(key);
    }
    this.#isTrying = false;
    this.#tryLater();
  }

  /** False while the store is away. What it refuses is logged, and heard. */
  async #isHeard(key: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch (error) {
      if (codeOf(error) === "MEMORY_UNAVAILABLE") return false;
      this.#logger.warn({ err: error, key }, "a change was not heard");
    }
    return true;
  }
}

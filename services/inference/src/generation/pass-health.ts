/** How a model's forward passes go: "failed" once several failed one after the other, and from then on. */
export type GeneratorHealth = "untried" | "works" | "failed";

/** One may fail by a passing want of memory; three with no token between them, and what holds the model is likely to be broken. */
const MAX_FAILED_PASSES = 3;

/** Counts the passes that fail one after the other; those that yield no logits, as a prompt's first chunks, tell nothing. */
export class PassHealth {
  #state: GeneratorHealth = "untried";
  #numFailed = 0;

  get state(): GeneratorHealth {
    return this.#state;
  }

  passed(): void {
    this.#numFailed = 0;
    if (this.#state === "untried") this.#state = "works";
  }

  /** There will be no further pass. */
  gaveUp(): void {
    this.#state = "failed";
  }

  failed(): void {
    this.#numFailed++;
    if (this.#numFailed >= MAX_FAILED_PASSES) this.#state = "failed";
  }
}

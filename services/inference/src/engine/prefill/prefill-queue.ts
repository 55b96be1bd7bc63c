/** A prompt, as far as it is computed. */
export interface PromptProgress {
  readonly numPromptTokens: number;
  readonly numComputedTokens: number;
}

/** The prompt that was let in first gets a chunk after so many tokens of others at the latest. */
const MAX_OVERTAKEN_TOKENS = 256;

/**
 * The sequences whose prompts are being computed, and which of them is next: the one with the fewest tokens to go, so that a
 * short prompt need not wait for a long one; but now and then the one let in first, so that a long one is not held for ever
 * by an endless stream of short ones.
 */
export class PrefillQueue<T extends PromptProgress> {
  readonly #sequences = new Set<T>();
  /** Tokens computed of others since the first one had a chunk. */
  #numOvertaken = 0;

  get size(): number {
    return this.#sequences.size;
  }

  add(sequence: T): void {
    this.#sequences.add(sequence);
  }

  /** Takes one out; does nothing where it is not in. */
  remove(sequence: T): void {
    if (sequence === this.#first()) this.#numOvertaken = 0;
    this.#sequences.delete(sequence);
  }

  next(): T | undefined {
    const first = this.#first();
    if (first === undefined || this.#numOvertaken >= MAX_OVERTAKEN_TOKENS) return first;
    let shortest = first;
    for (const sequence of this.#sequences) if (remaining(sequence) < remaining(shortest)) shortest = sequence;
    return shortest;
  }

  /** So many tokens of it are computed. */
  computed(sequence: T, numTokens: number): void {
    this.#numOvertaken = sequence === this.#first() ? 0 : this.#numOvertaken + numTokens;
  }

  #first(): T | undefined {
    return this.#sequences.values().next().value;
  }
}

function remaining({ numPromptTokens, numComputedTokens }: PromptProgress): number {
  return numPromptTokens - numComputedTokens;
}

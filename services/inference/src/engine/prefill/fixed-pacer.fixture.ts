/** Computes so many tokens of prompts between two decode steps, whatever they cost, in chunks of like size. */
export class FixedPacer {
  readonly #numTokens: number;
  #left: number;

  constructor(numTokens: number) {
    this.#numTokens = numTokens;
    this.#left = numTokens;
  }

  chunk(_position: number, numRemaining: number, isDecoding: boolean): number {
    const numTokens = Math.ceil(numRemaining / Math.ceil(numRemaining / this.#numTokens));
    return isDecoding && numTokens > this.#left ? 0 : numTokens;
  }

  prefilled({ numTokens }: { readonly numTokens: number }): void {
    this.#left -= numTokens;
  }

  decoded(): void {
    this.#left = this.#numTokens;
  }
}

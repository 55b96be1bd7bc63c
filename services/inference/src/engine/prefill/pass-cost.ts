/** A pass costs as much as so many tokens more than it has: it reads all weights. */
const PASS_TOKENS = 10;
/** Before anything was measured: 1,000 tokens a second, a guess that the first pass outweighs. */
const FIRST_TOKEN_MS = 1;
const FIRST_WEIGHT = 0.1;
/** Of what was learned before, kept with each pass. */
const MEMORY = 0.95;
/** A pass that took longer by more than this, times what was expected, is taken for one that took this: clocks jump. */
const MAX_SURPRISE = 4;
/** How far apart positions must be, in tokens, before their costs tell how attention grows. */
const SPREAD = 64;

/** A chunk of a prompt, as far as its cost goes. */
export interface ChunkSpan {
  /** Positions before it. */
  readonly numComputedTokens: number;
  readonly numTokens: number;
}

/**
 * What a pass over a chunk of a prompt costs: each token, and more the more positions it attends to. Learns by a line fitted
 * to the cost of a token over its mean position, least squares, older passes counting less.
 */
export class PassCost {
  // Weighted sums of 1, x, y, xx, xy: x the mean position, y the milliseconds of a token.
  #weight = FIRST_WEIGHT;
  #x = 0;
  #y = FIRST_WEIGHT * FIRST_TOKEN_MS;
  #xx = 0;
  #xy = 0;

  /** Milliseconds that a pass over a chunk is expected to take. */
  ofChunk({ numComputedTokens, numTokens }: ChunkSpan): number {
    const { start, slope } = this.#line();
    return (numTokens + PASS_TOKENS) * (start + slope * (numComputedTokens + numTokens / 2));
  }

  /** Most tokens of a pass, after `position` others, that is expected to take no longer; 0 or more, whole. */
  tokensWithin(ms: number, position: number): number {
    const { start, slope } = this.#line();
    // (n + PASS_TOKENS) * (atPosition + slope * n / 2) = ms, solved for n in the form that a slope of 0 leaves whole.
    const atPosition = start + slope * position;
    const linear = atPosition + (slope * PASS_TOKENS) / 2;
    const left = ms - PASS_TOKENS * atPosition;
    if (left <= 0) return 0;
    return Math.floor((2 * left) / (linear + Math.sqrt(linear * linear + 2 * slope * left)));
  }

  /** Takes the time that a pass took, in milliseconds; none that cannot be. */
  learn(chunk: ChunkSpan, ms: number): void {
    if (!(ms > 0)) return;
    const x = chunk.numComputedTokens + chunk.numTokens / 2;
    const y = Math.min(ms, MAX_SURPRISE * this.ofChunk(chunk)) / (chunk.numTokens + PASS_TOKENS);
    this.#weight = MEMORY * this.#weight + 1;
    this.#x = MEMORY * this.#x + x;
    this.#y = MEMORY * this.#y + y;
    this.#xx = MEMORY * this.#xx + x * x;
    this.#xy = MEMORY * this.#xy + x * y;
  }

  /** Milliseconds of a token at position 0, and more for each position. */
  #line(): { readonly start: number; readonly slope: number } {
    const x = this.#x / this.#weight;
    const y = this.#y / this.#weight;
    const variance = this.#xx / this.#weight - x * x;
    const covariance = this.#xy / this.#weight - x * y;
    // Attention never gets cheaper, and position 0 costs more than nothing.
    const slope = Math.min(Math.max(0, covariance / (variance + SPREAD * SPREAD)), (0.9 * y) / (x + SPREAD));
    return { start: y - slope * x, slope };
  }
}

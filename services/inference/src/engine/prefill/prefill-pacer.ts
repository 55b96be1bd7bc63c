import { type ChunkSpan, PassCost } from "./pass-cost.ts";

/** Fewer tokens cost mostly what every pass costs. */
const MIN_CHUNK = 16;
/** Where nothing decodes: chunks that compute fastest on a CPU. */
const FAST_CHUNK = 64;
/** More gain nothing, and whoever comes meanwhile waits for them. */
const MAX_CHUNK = 256;
const DECODE_SMOOTHING = 0.3;
/** Of the time there is for chunks: they take now longer, now shorter than expected, and the worst is to keep the target. */
const AIM = 0.85;

/**
 * Sizes the chunks of prompts by the time that passes took, so that from one token of a reply to its next no more than a
 * target passes, decode step included. A prompt gets `MIN_CHUNK` tokens between two decode steps whatever they cost, so that
 * it goes on where a decode step alone takes as long as the target. Times are given from outside; a clock that jumps spoils
 * no more than a few chunks.
 */
export class PrefillPacer {
  readonly #targetMs: number;
  readonly #cost = new PassCost();
  #decodeMs = 0;
  /** Spent on prompts since the last decode step. */
  #spentMs = 0;

  /** `targetMs`: most time between two tokens of a reply. */
  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  /**
   * How many of a prompt's `numRemaining` tokens, after `position` others, the next pass computes: chunks of like size; 0 where
   * a decode step is due first.
   */
  chunk(position: number, numRemaining: number, isDecoding: boolean): number {
    const limit = isDecoding ? this.#decodingLimit(position) : this.#aloneLimit(position);
    return limit < Math.min(MIN_CHUNK, numRemaining) ? 0 : Math.ceil(numRemaining / Math.ceil(numRemaining / limit));
  }

  /** A chunk was computed in so many milliseconds. */
  prefilled(chunk: ChunkSpan, passMs: number): void {
    const expectedMs = this.#cost.ofChunk(chunk);
    this.#cost.learn(chunk, passMs);
    this.#spentMs += passMs > 0 ? passMs : expectedMs;
  }

  /** A decode step was computed in so many milliseconds. */
  decoded(passMs: number): void {
    this.#spentMs = 0;
    if (!(passMs >= 0)) return;
    this.#decodeMs += DECODE_SMOOTHING * (Math.min(passMs, this.#targetMs) - this.#decodeMs);
  }

  #decodingLimit(position: number): number {
    const leftMs = AIM * (this.#targetMs - this.#decodeMs) - this.#spentMs;
    const limit = Math.min(MAX_CHUNK, this.#cost.tokensWithin(leftMs, position));
    return this.#spentMs === 0 ? Math.max(MIN_CHUNK, limit) : limit;
  }

  #aloneLimit(position: number): number {
    return Math.min(MAX_CHUNK, Math.max(FAST_CHUNK, this.#cost.tokensWithin(this.#targetMs, position)));
  }
}

/**
 * What a draft adds to a pass, as a part of it: about this much on CPUs, which read all weights in any case. Choices are made
 * with it and not with what was measured, so that they are the same for the same tokens.
 */
const NOMINAL_COST = 0.08;
/** Measured to cost more than this, drafts are given up; less than that, they are taken up again. */
const DEAR = 0.5;
const CHEAP = 0.3;
const SMOOTHING = 0.1;
/** What was measured of drafts is forgotten by this much with each pass without any, so that they are tried again. */
const FORGETTING = 0.002;
/** A pass that took longer by more than this, times what was expected, is taken for one that took this: clocks jump. */
const MAX_SURPRISE = 4;
/** What must be gained at least. */
const MIN_GAIN = 1.02;

/** Learns whether drafts pay on this machine, and says how many do. */
export class DraftCost {
  /** Milliseconds of a pass without drafts; undefined until one was measured. */
  #passMs: number | undefined;
  /** What a draft adds, as a part of it. */
  #cost = NOMINAL_COST;
  #isDear = false;

  /** Takes the time of a pass that checked so many drafts, in milliseconds; none that cannot be. */
  learn(numDrafts: number, ms: number): void {
    if (!(ms > 0)) return;
    this.#passMs ??= ms / (1 + numDrafts * this.#cost);
    const expectedMs = this.#passMs * (1 + numDrafts * this.#cost);
    const surprise = Math.min(ms, MAX_SURPRISE * expectedMs) - expectedMs;
    if (numDrafts === 0) {
      this.#passMs += SMOOTHING * surprise;
      this.#cost += FORGETTING * (NOMINAL_COST - this.#cost);
    } else this.#cost = Math.max(0, this.#cost + (SMOOTHING * surprise) / (this.#passMs * numDrafts));
    this.#isDear = this.#cost > (this.#isDear ? CHEAP : DEAR);
  }

  /** How many of `most` drafts, each right by a chance if those before it are, bring most tokens for their cost. */
  mostWorth(most: number, chance: number): number {
    if (this.#isDear) return 0;
    let best = 0;
    let bestGain = MIN_GAIN;
    let tokens = 1;
    let right = 1;
    for (let numDrafts = 1; numDrafts <= most; numDrafts++) {
      right *= chance;
      tokens += right;
      const gain = tokens / (1 + numDrafts * NOMINAL_COST);
      if (gain <= bestGain) continue;
      best = numDrafts;
      bestGain = gain;
    }
    return best;
  }
}

import { expNegative } from "./exponential.ts";
import { inverse, type LogitsScan } from "./logits-scan.ts";
import { type Cut, count, findCut, sum } from "./selection.ts";

/** The tokens that may be drawn, ascending, with their weights: probabilities times a constant, the likeliest's being 1. */
export class Candidates {
  readonly #ids: Int32Array;
  readonly #weights: Float64Array;
  readonly #scratch: Float64Array;
  #size = 0;

  constructor(vocabSize: number) {
    this.#ids = new Int32Array(vocabSize);
    this.#weights = new Float64Array(vocabSize);
    this.#scratch = new Float64Array(vocabSize);
  }

  /** Takes the tokens whose logits reach the floor. */
  collect(scan: LogitsScan, logits: Float32Array, floor: number, temperature: number): void {
    const scale = inverse(temperature);
    this.#size = scan.collect(floor, this.#ids);
    for (let i = 0; i < this.#size; i++) this.#weights[i] = expNegative((scan.max - logits[this.#ids[i]!]!) * scale);
  }

  /** Keeps the k likeliest; of equals, the lowest ids. */
  keepTopK(k: number): void {
    this.#keep(findCut(this.#copyWeights(), this.#size, k, count));
  }

  /** Keeps the fewest of the likeliest that together weigh at least this much. */
  keepWeight(weight: number): void {
    this.#keep(findCut(this.#copyWeights(), this.#size, weight, sum));
  }

  /** Keeps those that weigh at least this much each. */
  keepHeavierThan(weight: number): void {
    this.#keep({ value: weight, ties: Number.POSITIVE_INFINITY });
  }

  total(): number {
    return sum(this.#weights, 0, this.#size);
  }

  /** The token at this share, 0 to 1, of the weights laid end to end. */
  at(share: number): number {
    let rest = share * this.total();
    let tokenId = this.#ids[0]!;
    for (let i = 0; i < this.#size && rest >= 0; i++) {
      const weight = this.#weights[i]!;
      if (weight === 0) continue;
      tokenId = this.#ids[i]!;
      rest -= weight;
    }
    return tokenId;
  }

  #copyWeights(): Float64Array {
    this.#scratch.set(this.#weights.subarray(0, this.#size));
    return this.#scratch;
  }

  // In place and in the order of ids: a draw then hardly changes where logits differ in their last bit.
  #keep({ value, ties }: Cut): void {
    let kept = 0;
    let tiesLeft = ties;
    for (let i = 0; i < this.#size; i++) {
      const weight = this.#weights[i]!;
      if (weight < value || (weight === value && tiesLeft-- <= 0)) continue;
      this.#ids[kept] = this.#ids[i]!;
      this.#weights[kept++] = weight;
    }
    this.#size = kept;
  }
}

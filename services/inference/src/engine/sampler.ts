import type { TokenLogprob, TokenLogprobs } from "./generation.ts";
import { Candidates } from "./sampling/candidates.ts";
import { LogitsScan } from "./sampling/logits-scan.ts";
import type { SamplingParams } from "./sampling-params.ts";
import { penalise, type SamplingState } from "./sampling-state.ts";

/** Rounding of weights against logits: a floor this much lower, relative, loses no token that belongs. */
const SLACK = 1e-6;

/**
 * Draws tokens from logits, in the contract's order: penalties (repetition, frequency, presence), temperature, top_k,
 * top_p over what top_k kept, min_p. Equal logits rank by token id. Holds buffers only, so one serves every sequence and a
 * sequence's tokens do not depend on its neighbours. Buffers are made once: nothing of vocabulary size is made per token.
 */
export class Sampler {
  readonly #vocabSize: number;
  readonly #scan: LogitsScan;
  readonly #candidates: Candidates;
  readonly #penalised: Float32Array;
  readonly #ids: Int32Array;

  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
    this.#scan = new LogitsScan(vocabSize);
    this.#candidates = new Candidates(vocabSize);
    this.#penalised = new Float32Array(vocabSize);
    this.#ids = new Int32Array(vocabSize);
  }

  /**
   * One token. Logits: float32 [vocabSize], left unchanged.
   * @throws RangeError when a logit is NaN or +Infinity
   */
  sample(logits: Float32Array, state: SamplingState): number {
    const penalised = state.hasPenalties ? this.#penalise(logits, state) : logits;
    this.#scan.read(penalised);
    if (state.params.temperature === 0) return this.#scan.argmax();
    this.#select(penalised, state.params);
    return this.#candidates.at(state.random.next());
  }

  /** Log-probabilities under the unmodified logits: of a token and of the `top` likeliest. */
  logprobs(logits: Float32Array, tokenId: number, top: number): TokenLogprobs {
    this.#scan.read(logits);
    const logTotal = this.#scan.max + Math.log(this.#scan.total(1));
    const of = (id: number): TokenLogprob => ({ tokenId: id, logprob: logits[id]! - logTotal });
    return { drawn: of(tokenId), top: this.#likeliest(logits, top).map(of) };
  }

  #penalise(logits: Float32Array, state: SamplingState): Float32Array {
    this.#penalised.set(logits);
    penalise(this.#penalised, state);
    return this.#penalised;
  }

  #select(logits: Float32Array, params: SamplingParams): void {
    const { temperature, topP, minP } = params;
    const topK = params.topK < this.#vocabSize ? params.topK : 0;
    // With top_k the probabilities are those among the k kept, without it those over the whole vocabulary.
    const rowTotal = topK === 0 && topP < 1 ? this.#scan.total(temperature) : 0;
    this.#candidates.collect(this.#scan, logits, this.#floor(params, topK, rowTotal), temperature);
    if (topK > 0) this.#candidates.keepTopK(topK);
    if (topP < 1) this.#candidates.keepWeight(topP * (rowTotal || this.#candidates.total()));
    if (minP > 0) this.#candidates.keepHeavierThan(minP);
  }

  /**
   * A logit under which no kept token lies, so that candidates are few. For top_p: all tokens of a weight under t weigh
   * less than vocabSize * t together; with t = (1 - top_p) * total / vocabSize the others hold top_p of the total already.
   */
  #floor({ temperature, topP, minP }: SamplingParams, topK: number, rowTotal: number): number {
    if (topK > 0) return this.#scan.reachedBy(topK);
    const nucleus = topP < 1 ? ((1 - topP) * rowTotal) / this.#vocabSize : 0;
    const weight = Math.max(nucleus, minP) * (1 - SLACK);
    return this.#scan.max + temperature * Math.log(weight);
  }

  #likeliest(logits: Float32Array, top: number): number[] {
    if (top === 0) return [];
    const size = this.#scan.collect(this.#scan.reachedBy(top), this.#ids);
    const ids = Array.from(this.#ids.subarray(0, size));
    return ids.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, top);
  }
}

import type { TokenLogprob, TokenLogprobs } from "../generation.ts";
import { Candidates } from "./candidates.ts";
import { LEAST_WEIGHT } from "./exponential.ts";
import { LogitsScan } from "./logits-scan.ts";
import type { SamplingParams } from "./sampling-params.ts";
import { penalise, type SamplingState } from "./sampling-state.ts";

/** Rounding of weights against logits: a floor this much lower, relative, loses no token that belongs. */
const SLACK = 1e-6;
/** Blocks of 64 tokens that each weigh less than this, against 1 for the likeliest, are left out of a total at first. */
const NEGLIGIBLE = 1e-8;
/** How far their logits lie below the likeliest's, in units of the temperature; a little more, so that bounds of blocks do. */
const NEGLIGIBLE_SPREAD = 0.01 - Math.log(NEGLIGIBLE);
/** Tokens beyond a nucleus that weigh anything, mostly. */
const UNLIKELY_TOKENS = 1024;

/**
 * Draws tokens from logits, in the contract's order: penalties (repetition, frequency, presence), temperature, top_k,
 * top_p over what top_k kept, min_p. Equal logits rank by token id. Holds buffers only, so one serves every sequence and a
 * sequence's tokens do not depend on its neighbours. Buffers are made once: nothing of vocabulary size is made per token.
 */
export class Sampler {
  readonly #vocabSize: number;
  readonly #scan: LogitsScan;
  readonly #candidates: Candidates;
  /** Logits as they were of the tokens that are penalised. */
  readonly #unpenalised: Float32Array;
  readonly #ids: Int32Array;

  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
    this.#scan = new LogitsScan(vocabSize);
    this.#candidates = new Candidates(vocabSize);
    this.#unpenalised = new Float32Array(vocabSize);
    this.#ids = new Int32Array(vocabSize);
  }

  /**
   * One token. Logits: float32 [vocabSize or more], left unchanged; columns beyond are padding and never drawn.
   * @throws RangeError when a logit is NaN or +Infinity
   */
  sample(logits: Float32Array, state: SamplingState): number {
    if (!state.hasPenalties) return this.#draw(logits, state);
    this.#keep(logits, state);
    try {
      penalise(logits, state);
      return this.#draw(logits, state);
    } finally {
      this.#putBack(logits, state);
    }
  }

  /** Log-probabilities under the unmodified logits: of a token and of the `top` likeliest. */
  logprobs(logits: Float32Array, tokenId: number, top: number): TokenLogprobs {
    this.#scan.read(logits);
    const logTotal = this.#scan.max + Math.log(this.#scan.total(1));
    const of = (id: number): TokenLogprob => ({ tokenId: id, logprob: logits[id]! - logTotal });
    return { drawn: of(tokenId), top: this.#likeliest(logits, top).map(of) };
  }

  #draw(logits: Float32Array, { params, random }: SamplingState): number {
    this.#scan.read(logits, params.temperature * NEGLIGIBLE_SPREAD);
    if (params.temperature === 0) return this.#scan.argmax();
    this.#select(logits, params);
    return this.#candidates.at(random.next());
  }

  // A row is penalised where it lies: copying all of it takes longer than the few hundred tokens that prompt and reply have.
  #keep(logits: Float32Array, { replyCounts }: SamplingState): void {
    let i = 0;
    for (const tokenId of replyCounts.keys()) this.#unpenalised[i++] = logits[tokenId]!;
  }

  #putBack(logits: Float32Array, { replyCounts }: SamplingState): void {
    let i = 0;
    for (const tokenId of replyCounts.keys()) logits[tokenId] = this.#unpenalised[i++]!;
  }

  #select(logits: Float32Array, params: SamplingParams): void {
    const { temperature, topK, topP, minP } = params;
    if (topK > 0 && topK < this.#vocabSize) {
      this.#candidates.collect(this.#scan, logits, this.#scan.reachedBy(topK), temperature);
      this.#candidates.keepTopK(topK);
      if (topP < 1) this.#candidates.keepWeight(topP * this.#candidates.total());
    } else if (topP < 1) this.#selectNucleus(logits, params);
    else
      this.#candidates.collect(
        this.#scan,
        logits,
        this.#logitOf(Math.max(minP, LEAST_WEIGHT), temperature),
        temperature,
      );
    if (minP > 0) this.#candidates.keepHeavierThan(minP);
  }

  /**
   * The fewest tokens that hold top_p of the whole row's weight. Blocks of unlikely tokens are bounded, not added up: their
   * weight hardly ever matters to where the nucleus ends. Where it might, the whole row is added up.
   */
  #selectNucleus(logits: Float32Array, params: SamplingParams): void {
    const { temperature, topP } = params;
    const { known, rest } = this.#scan.totalFrom(this.#logitOf(NEGLIGIBLE, temperature), temperature);
    this.#keepNucleus(logits, params, known);
    if (rest === 0 || this.#candidates.total() >= topP * (known + rest)) return;
    this.#keepNucleus(logits, params, this.#scan.total(temperature));
  }

  /**
   * Candidates are few: n tokens of a weight under t weigh less than n * t together, so with t = (1 - top_p) * total / n the
   * others hold top_p of the total already. For n = vocabSize that is sure; mostly it holds for far less, and the sum tells.
   */
  #keepNucleus(logits: Float32Array, { temperature, topP }: SamplingParams, total: number): void {
    const floor = (tokens: number) => this.#logitOf(((1 - topP) * total) / tokens, temperature);
    this.#candidates.collect(this.#scan, logits, floor(UNLIKELY_TOKENS), temperature);
    if (this.#candidates.total() < topP * total)
      this.#candidates.collect(this.#scan, logits, floor(this.#vocabSize), temperature);
    this.#candidates.keepWeight(topP * total);
  }

  /** A logit that every token of at least this weight reaches, 1 being the likeliest's weight. */
  #logitOf(weight: number, temperature: number): number {
    return this.#scan.max + temperature * Math.log(weight * (1 - SLACK));
  }

  #likeliest(logits: Float32Array, top: number): number[] {
    if (top === 0) return [];
    const size = this.#scan.collect(this.#scan.reachedBy(top), this.#ids);
    const ids = Array.from(this.#ids.subarray(0, size));
    return ids.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, top);
  }
}

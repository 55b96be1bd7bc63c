import type { ModelRunner } from "../engine/model-runner.ts";
import type { DecodePlan, PrefillPlan, RowMove, StepPlan } from "../engine/step-plan.ts";

/** The token that follows a prompt and what has been replied so far. Must be pure. */
export type NextToken = (promptTokenIds: readonly number[], replyTokenIds: readonly number[]) => number;

export interface FakeModelRunnerOptions {
  /** Default 256. */
  readonly vocabSize?: number;
  /** Default 4. */
  readonly maxNumSeqs?: number;
  /** Default 64. */
  readonly maxModelLen?: number;
  /** Default: a token that depends on every token so far. */
  readonly next?: NextToken;
  /** Awaited before each pass, so that a test can hold or fail it. */
  readonly beforeRun?: (plan: StepPlan) => Promise<void> | void;
}

interface Row {
  readonly prompt: number[];
  readonly reply: number[];
}

/** Logit of the token that `next` names; of the others it is a number from 0 to 4 that depends on all tokens so far. */
const NEXT_LOGIT = 8;

/**
 * A model without weights: a row's logits depend on that row's tokens alone. Keeps the contents of each row and refuses, with
 * a RangeError, every plan that would go wrong on a real KV cache. As a real one, it settles from the event loop.
 */
export class FakeModelRunner implements ModelRunner {
  readonly vocabSize: number;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  /** Every plan that was run. */
  readonly plans: StepPlan[] = [];
  readonly #next: NextToken;
  readonly #beforeRun: (plan: StepPlan) => Promise<void> | void;
  readonly #rows: Row[];
  readonly #logits: Float32Array;
  #isRunning = false;
  #isClosed = false;

  constructor(options: FakeModelRunnerOptions = {}) {
    this.vocabSize = options.vocabSize ?? 256;
    this.maxNumSeqs = options.maxNumSeqs ?? 4;
    this.maxModelLen = options.maxModelLen ?? 64;
    this.#next = options.next ?? ((prompt, reply) => hash([...prompt, ...reply], 0) % this.vocabSize);
    this.#beforeRun = options.beforeRun ?? (() => undefined);
    this.#rows = Array.from({ length: this.maxNumSeqs }, () => ({ prompt: [], reply: [] }));
    this.#logits = new Float32Array(this.maxNumSeqs * this.vocabSize);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async run(plan: StepPlan): Promise<Float32Array> {
    if (this.#isClosed) throw new RangeError("run after close");
    if (this.#isRunning) throw new RangeError("run while another pass is in flight");
    this.#isRunning = true;
    try {
      await new Promise(setImmediate);
      await this.#beforeRun(plan);
      return this.pass(plan);
    } finally {
      this.#isRunning = false;
    }
  }

  /** The pass itself, at once. */
  pass(plan: StepPlan): Float32Array {
    this.plans.push(plan);
    for (const move of plan.moves) this.#move(move);
    const rows = plan.type === "prefill" ? this.#prefill(plan) : this.#decode(plan);
    for (const [i, row] of rows.entries()) this.#fillLogits(i, row);
    return this.#logits.subarray(0, rows.length * this.vocabSize);
  }

  close(): void {
    if (this.#isRunning) throw new RangeError("close while a pass is in flight");
    this.#isClosed = true;
  }

  #move({ from, to, length }: RowMove): void {
    this.#expectHeld(from, length);
    this.#row(to);
    if (from === to) throw new RangeError(`row ${from} moves to itself`);
    this.#rows[to] = this.#row(from);
    this.#rows[from] = { prompt: [], reply: [] };
  }

  #prefill({ row, numComputedTokens, tokenIds, wantsLogits }: PrefillPlan): readonly Row[] {
    this.#row(row);
    if (numComputedTokens === 0) this.#rows[row] = { prompt: [], reply: [] };
    if (tokenIds.length === 0) throw new RangeError(`empty chunk for row ${row}`);
    this.#expectHeld(row, numComputedTokens);
    for (const tokenId of tokenIds) this.#append(row, this.#row(row).prompt, tokenId);
    return wantsLogits ? [this.#row(row)] : [];
  }

  #decode({ entries }: DecodePlan): readonly Row[] {
    if (entries.length === 0) throw new RangeError("decode step without entries");
    for (const [row, { numComputedTokens, tokenId }] of entries.entries()) {
      if (numComputedTokens === 0) throw new RangeError(`row ${row} decodes without a prompt`);
      this.#expectHeld(row, numComputedTokens);
      this.#append(row, this.#row(row).reply, tokenId);
    }
    return this.#rows.slice(0, entries.length);
  }

  #row(row: number): Row {
    const held = this.#rows[row];
    if (held === undefined) throw new RangeError(`row ${row} is not one of ${this.maxNumSeqs}`);
    return held;
  }

  #expectHeld(row: number, length: number): void {
    const { prompt, reply } = this.#row(row);
    const held = prompt.length + reply.length;
    if (held !== length) throw new RangeError(`row ${row} holds ${held} positions, the plan says ${length}`);
  }

  #append(row: number, tokenIds: number[], tokenId: number): void {
    const { prompt, reply } = this.#row(row);
    if (prompt.length + reply.length >= this.maxModelLen)
      throw new RangeError(`row ${row} is over ${this.maxModelLen}`);
    const isToken = Number.isInteger(tokenId) && tokenId >= 0 && tokenId < this.vocabSize;
    if (!isToken) throw new RangeError(`token ${tokenId} is not in the vocabulary of ${this.vocabSize}`);
    tokenIds.push(tokenId);
  }

  #fillLogits(index: number, { prompt, reply }: Row): void {
    const logits = this.#logits.subarray(index * this.vocabSize, (index + 1) * this.vocabSize);
    const seed = hash(prompt, hash(reply, 0));
    for (let i = 0; i < this.vocabSize; i++) logits[i] = (Math.imul(seed ^ i, 0x9e3779b1) >>> 8) / 2 ** 22;
    logits[this.#next(prompt, reply)] = NEXT_LOGIT;
  }
}

/** FNV-1a over token ids. */
function hash(tokenIds: readonly number[], seed: number): number {
  let h = 0x811c9dc5 ^ seed;
  for (const tokenId of tokenIds) h = Math.imul(h ^ tokenId, 0x01000193);
  return h >>> 0;
}

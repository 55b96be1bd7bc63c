import type { FakeBlocks } from "./fake-blocks.fixture.ts";
import type { ModelRunner, PassOptions } from "./model-runner.ts";
import {
  type BlockCopy,
  type BlockSave,
  checkPlan,
  MAX_ROW_LOGITS,
  type PlanRow,
  type RowMove,
  type StepPlan,
} from "./step-plan.ts";

/** The token that follows a prompt and what has been replied so far. Must be pure. A prompt ends where logits are first wanted. */
export type NextToken = (promptTokenIds: readonly number[], replyTokenIds: readonly number[]) => number;

type RunExclusive = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

export interface FakeModelRunnerOptions {
  /** Default 256. */
  readonly vocabSize?: number;
  /** Default 4. */
  readonly maxNumSeqs?: number;
  /** Default 64. */
  readonly maxModelLen?: number;
  /** What an idle row costs. Default: more than any move. */
  readonly idleRowTokens?: number;
  /** Default: a token that depends on every token so far. */
  readonly next?: NextToken;
  /** Where blocks of rows are kept. Default: nowhere. */
  readonly prefixCache?: FakeBlocks;
  /** Has a pass wait for the device where several models share it, as `DeviceMutex.runExclusive`. Default: it has it at once. */
  readonly runExclusive?: RunExclusive;
  /** Done before each pass begins, as its copies are. */
  readonly beforeStart?: () => void;
  /** Awaited in each pass, so that a test can hold or fail it. */
  readonly beforeRun?: (plan: StepPlan) => Promise<void> | void;
  /** Breaks what a pass computed. */
  readonly spoil?: (plan: StepPlan, logits: Float32Array) => void;
}

interface Row {
  readonly tokenIds: number[];
  /** 0 until logits are first wanted. */
  numPromptTokens: number;
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
  readonly idleRowTokens: number;
  readonly prefixCache: FakeBlocks | undefined;
  /** Every plan that was run. */
  readonly plans: StepPlan[] = [];
  readonly #next: NextToken;
  readonly #runExclusive: RunExclusive;
  readonly #beforeStart: () => void;
  readonly #beforeRun: (plan: StepPlan) => Promise<void> | void;
  readonly #spoil: (plan: StepPlan, logits: Float32Array) => void;
  readonly #rows: Row[];
  readonly #logits: Float32Array;
  #isRunning = false;
  #isClosed = false;

  constructor(options: FakeModelRunnerOptions = {}) {
    this.vocabSize = options.vocabSize ?? 256;
    this.maxNumSeqs = options.maxNumSeqs ?? 4;
    this.maxModelLen = options.maxModelLen ?? 64;
    this.idleRowTokens = options.idleRowTokens ?? Number.POSITIVE_INFINITY;
    this.prefixCache = options.prefixCache;
    this.#next = options.next ?? ((prompt, reply) => hash([...prompt, ...reply], 0) % this.vocabSize);
    this.#runExclusive = options.runExclusive ?? ((work) => work());
    this.#beforeStart = options.beforeStart ?? (() => undefined);
    this.#beforeRun = options.beforeRun ?? (() => undefined);
    this.#spoil = options.spoil ?? (() => undefined);
    this.#rows = Array.from({ length: this.maxNumSeqs }, emptyRow);
    this.#logits = new Float32Array(Math.max(this.maxNumSeqs, MAX_ROW_LOGITS) * this.vocabSize);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async run(plan: StepPlan, { onStart, signal }: PassOptions = {}): Promise<Float32Array> {
    if (this.#isClosed) throw new RangeError("run after close");
    if (this.#isRunning) throw new RangeError("run while another pass is in flight");
    this.#isRunning = true;
    try {
      await new Promise(setImmediate);
      return await this.#runExclusive(async () => {
        this.#beforeStart();
        onStart?.();
        await this.#beforeRun(plan);
        const logits = this.pass(plan);
        this.#spoil(plan, logits);
        return logits;
      }, signal);
    } finally {
      this.#isRunning = false;
    }
  }

  /** The pass itself, at once. */
  pass(plan: StepPlan): Float32Array {
    this.plans.push(plan);
    checkPlan(plan);
    for (const move of plan.moves) this.#move(move);
    for (const load of plan.loads ?? []) this.#load(load);
    const saved = (plan.saves ?? []).map((save) => this.#saved(save));
    const logits = this.#compute(plan);
    for (const [i, save] of (plan.saves ?? []).entries()) this.#save(save, saved[i]!);
    return logits;
  }

  #compute(plan: StepPlan): Float32Array {
    let numLogits = 0;
    for (const planRow of plan.rows) {
      const row = this.#extend(planRow);
      for (let left = planRow.numLogits - 1; left >= 0; left--) this.#fillLogits(numLogits++, row, left);
    }
    return this.#logits.subarray(0, numLogits * this.vocabSize);
  }

  async close(): Promise<void> {
    if (this.#isRunning) throw new RangeError("close while a pass is in flight");
    this.#isClosed = true;
  }

  #move({ from, to, length }: RowMove): void {
    this.#expectHeld(from, length);
    this.#row(to);
    if (from === to) throw new RangeError(`row ${from} moves to itself`);
    this.#rows[to] = this.#row(from);
    this.#rows[from] = emptyRow();
  }

  /** A block goes on after what the row holds. */
  #load({ row, start, length, key }: BlockCopy): void {
    this.#expectHeld(row, start);
    const tokenIds = this.prefixCache!.read(key);
    if (tokenIds.length !== length)
      throw new RangeError(`block ${key} has ${tokenIds.length} positions, not ${length}`);
    this.#row(row).tokenIds.splice(start, Number.POSITIVE_INFINITY, ...tokenIds);
  }

  #saved({ row, start, length }: BlockSave): readonly number[] {
    this.#expectHeld(row, start + length);
    return this.#row(row).tokenIds.slice(start, start + length);
  }

  /** It is copied while the pass computes. */
  #save(save: BlockSave, before: readonly number[]): void {
    const after = this.#saved(save);
    if (after.some((tokenId, i) => tokenId !== before[i]))
      throw new RangeError(`the pass writes to row ${save.row} where a block is copied`);
    this.prefixCache!.save(save, after);
  }

  /** What a row holds beyond is written over. */
  #extend({ row, numComputedTokens, tokenIds, numLogits }: PlanRow): Row {
    this.#row(row);
    if (numComputedTokens === 0) this.#rows[row] = emptyRow();
    this.#expectHeld(row, numComputedTokens);
    const held = this.#row(row);
    held.tokenIds.length = numComputedTokens;
    const isChunk = tokenIds.length > 1 && numLogits <= 1;
    if (isChunk || numComputedTokens < held.numPromptTokens) held.numPromptTokens = 0;
    for (const tokenId of tokenIds) this.#append(row, held.tokenIds, tokenId);
    if (held.numPromptTokens === 0 && numLogits > 0) held.numPromptTokens = held.tokenIds.length;
    return held;
  }

  #row(row: number): Row {
    const held = this.#rows[row];
    if (held === undefined) throw new RangeError(`row ${row} is not one of ${this.maxNumSeqs}`);
    return held;
  }

  #expectHeld(row: number, length: number): void {
    const held = this.#row(row).tokenIds.length;
    if (length > held) throw new RangeError(`row ${row} holds ${held} positions, the plan says ${length}`);
  }

  #append(row: number, tokenIds: number[], tokenId: number): void {
    if (tokenIds.length >= this.maxModelLen) throw new RangeError(`row ${row} is over ${this.maxModelLen}`);
    const isToken = Number.isInteger(tokenId) && tokenId >= 0 && tokenId < this.vocabSize;
    if (!isToken) throw new RangeError(`token ${tokenId} is not in the vocabulary of ${this.vocabSize}`);
    tokenIds.push(tokenId);
  }

  /** Logits after all of a row's tokens but the last `left`. */
  #fillLogits(index: number, { tokenIds, numPromptTokens }: Row, left: number): void {
    const logits = this.#logits.subarray(index * this.vocabSize, (index + 1) * this.vocabSize);
    const prompt = tokenIds.slice(0, numPromptTokens);
    const reply = tokenIds.slice(numPromptTokens, tokenIds.length - left);
    const seed = hash([...prompt, ...reply], 0);
    for (let i = 0; i < this.vocabSize; i++) logits[i] = (Math.imul(seed ^ i, 0x9e3779b1) >>> 8) / 2 ** 22;
    logits[this.#next(prompt, reply)] = NEXT_LOGIT;
  }
}

function emptyRow(): Row {
  return { tokenIds: [], numPromptTokens: 0 };
}

/** FNV-1a over token ids. */
function hash(tokenIds: readonly number[], seed: number): number {
  let h = 0x811c9dc5 ^ seed;
  for (const tokenId of tokenIds) h = Math.imul(h ^ tokenId, 0x01000193);
  return h >>> 0;
}

import type { GenerationEvent } from "./generation.ts";
import { prefillChunk } from "./prefill-chunk.ts";
import type { ReplyDelta, SampledToken, Sequence } from "./sequence.ts";
import { SlotAllocator } from "./slot-allocator.ts";
import type { DecodePlan, PrefillPlan, RowMove, StepPlan } from "./step-plan.ts";
import type { Stop } from "./stop-checker.ts";
import { WaitingQueue } from "./waiting-queue.ts";

type FinishedReply = Omit<Extract<GenerationEvent, { type: "finished" }>, "type">;

export interface SchedulerOptions {
  readonly maxNumSeqs: number;
  /** Most requests that wait beside those that free rows will take. */
  readonly maxWaiting: number;
  /** Most prompt tokens that wait. One prompt alone may be longer. */
  readonly maxWaitingTokens: number;
  /** Most prompt tokens computed between two decode steps. */
  readonly prefillChunkTokens: number;
}

/** What happens next. */
export interface Schedule {
  /** Waited longer than they would; gone. */
  readonly timedOut: readonly Sequence[];
  /** Got its row with this pass. */
  readonly admitted: Sequence | undefined;
  /** The pass to run; undefined when there is nothing to do. */
  readonly plan: StepPlan | undefined;
  /** The sequences it advances, entry i from row i of the logits. */
  readonly sequences: readonly Sequence[];
}

/** What a pass did to one sequence. */
export interface SequenceUpdate {
  readonly sequence: Sequence;
  readonly delta: ReplyDelta | undefined;
  /** Set once: the sequence is finished and its row free. */
  readonly finished: FinishedReply | undefined;
}

const FIRST_SERVICE_MS = 2_000;
const SERVICE_SMOOTHING = 0.2;
const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 60_000;

/**
 * Decides what each forward pass computes: continuous batching over a fixed number of rows. Pure and synchronous: time is an
 * argument, the pass and the drawing of tokens are the caller's. Call in turn: `schedule`, the pass, `update`; `add` and
 * `abort` only between `update` and `schedule`, save that `add` may come at any time, as it touches only the queue.
 *
 * Policy: between two decode steps at most `prefillChunkTokens` tokens of prompts are computed, in chunks, one sequence after
 * the other. So a decode step never waits for more than that, and a prompt gets that much for every decode step.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #waiting = new WaitingQueue();
  readonly #slots: SlotAllocator;
  #prefilling: Sequence | undefined;
  #numDecoding = 0;
  #prefillBudget: number;
  #meanServiceMs = FIRST_SERVICE_MS;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = new SlotAllocator(options.maxNumSeqs);
    this.#prefillBudget = options.prefillChunkTokens;
  }

  get numRunning(): number {
    return this.#options.maxNumSeqs - this.#slots.numFree;
  }

  get numWaiting(): number {
    return this.#waiting.size;
  }

  get numWaitingTokens(): number {
    return this.#waiting.numTokens;
  }

  /** Positions that the rows hold. */
  get numCachedPositions(): number {
    return this.#slots.sequences().reduce((sum, sequence) => sum + sequence.numComputedTokens, 0);
  }

  /** All that hold a row. */
  running(): readonly Sequence[] {
    return this.#slots.sequences();
  }

  /** When the queue will have drained, at the pace of late. */
  get retryDelayMs(): number {
    const drainMs = (this.#meanServiceMs * this.#waiting.size) / this.#options.maxNumSeqs;
    return Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, drainMs));
  }

  /** Lets a sequence wait for its row; says why not when the queue is full. */
  add(sequence: Sequence): string | undefined {
    const full = this.#queueFull(sequence);
    if (full !== undefined) return full;
    this.#waiting.add(sequence);
    return undefined;
  }

  /** Takes a sequence out, wherever it stands; does nothing once it is finished. */
  abort(sequence: Sequence): void {
    if (sequence.status === "waiting") this.#waiting.remove(sequence);
    else if (sequence.status !== "finished") this.#leave(sequence);
    sequence.status = "finished";
  }

  /** Plans the next pass. */
  schedule(now: number): Schedule {
    const timedOut = this.#waiting.removeTimedOut(now);
    for (const sequence of timedOut) sequence.status = "finished";
    const next = this.#nextPrefill();
    if (next !== undefined && this.#mayPrefill(next)) return { timedOut, ...this.#schedulePrefill(next, now) };
    if (this.#numDecoding > 0) return { timedOut, ...this.#scheduleDecode() };
    return { timedOut, admitted: undefined, plan: undefined, sequences: [] };
  }

  /**
   * Takes the pass's results: one token for each row of logits; undefined for a sequence that is to be aborted next.
   */
  update({ plan, sequences }: Schedule, sampled: readonly (SampledToken | undefined)[], now: number): SequenceUpdate[] {
    const updates: SequenceUpdate[] = [];
    for (const [i, sequence] of sequences.entries()) {
      sequence.numComputedTokens += plan?.type === "prefill" ? plan.tokenIds.length : 1;
      const step = this.#advance(sequence, sampled[i], now);
      if (step !== undefined) updates.push(step);
    }
    return updates;
  }

  #nextPrefill(): Sequence | undefined {
    if (this.#prefilling !== undefined) return this.#prefilling;
    return this.#slots.numFree > 0 ? this.#waiting.peek() : undefined;
  }

  #mayPrefill(sequence: Sequence): boolean {
    return this.#numDecoding === 0 || this.#chunk(sequence) <= this.#prefillBudget;
  }

  #chunk(sequence: Sequence): number {
    return prefillChunk(sequence.numPromptTokens - sequence.numComputedTokens, this.#options.prefillChunkTokens);
  }

  #schedulePrefill(sequence: Sequence, now: number): Omit<Schedule, "timedOut"> {
    const isNew = sequence.status === "waiting";
    const moves = isNew ? this.#admit(sequence, now) : [];
    const start = sequence.numComputedTokens;
    const end = start + this.#chunk(sequence);
    this.#prefillBudget -= end - start;
    const plan: PrefillPlan = {
      type: "prefill",
      moves,
      row: this.#slots.row(sequence),
      numComputedTokens: start,
      tokenIds: sequence.request.promptTokenIds.slice(start, end),
      wantsLogits: end === sequence.numPromptTokens,
    };
    return { admitted: isNew ? sequence : undefined, plan, sequences: [sequence] };
  }

  /** Gives a row. The prefix cache will fill its beginning here and raise `numComputedTokens`. */
  #admit(sequence: Sequence, now: number): readonly RowMove[] {
    this.#waiting.remove(sequence);
    sequence.admit(now);
    this.#prefilling = sequence;
    // A prompt of one chunk decodes next, so it may fill a hole among the decoding rows. A longer one must stay behind them.
    const moves = this.#chunk(sequence) < sequence.numPromptTokens ? this.#slots.compact() : [];
    this.#slots.take(sequence);
    return moves;
  }

  #scheduleDecode(): Omit<Schedule, "timedOut"> {
    this.#prefillBudget = this.#options.prefillChunkTokens;
    const moves = this.#slots.compact();
    const sequences = this.#slots.sequences().slice(0, this.#numDecoding);
    const entries = sequences.map(({ numComputedTokens, lastTokenId }) => ({
      numComputedTokens,
      tokenId: lastTokenId,
    }));
    const plan: DecodePlan = { type: "decode", moves, entries };
    return { admitted: undefined, plan, sequences };
  }

  #advance(sequence: Sequence, sampled: SampledToken | undefined, now: number): SequenceUpdate | undefined {
    if (sequence === this.#prefilling && sequence.numComputedTokens === sequence.numPromptTokens) this.#join(sequence);
    const step = sampled === undefined ? sequence.endIfOutOfTime(now) : sequence.append(sampled, now);
    if (step === undefined) return undefined;
    const { delta, stop } = step;
    return { sequence, delta, finished: stop && this.#finish(sequence, stop, now) };
  }

  #join(sequence: Sequence): void {
    sequence.status = "decode";
    this.#prefilling = undefined;
    this.#numDecoding++;
  }

  #finish(sequence: Sequence, stop: Stop, now: number): FinishedReply {
    const timings = sequence.timings(now);
    this.#meanServiceMs += SERVICE_SMOOTHING * (timings.prefillMs + timings.decodeMs - this.#meanServiceMs);
    this.#leave(sequence);
    sequence.status = "finished";
    return { ...stop, completionTokens: sequence.numCompletionTokens, timings };
  }

  #leave(sequence: Sequence): void {
    if (sequence === this.#prefilling) this.#prefilling = undefined;
    else this.#numDecoding--;
    this.#slots.free(sequence);
  }

  #queueFull(sequence: Sequence): string | undefined {
    const { maxWaiting, maxWaitingTokens } = this.#options;
    const { size, numTokens } = this.#waiting;
    const isLong = size > 0 && numTokens + sequence.numPromptTokens > maxWaitingTokens;
    if (!isLong && size < maxWaiting + this.#slots.numFree) return undefined;
    // Those that free rows are about to take are no part of what may wait.
    const numWaiting = Math.max(0, size - this.#slots.numFree);
    return (
      `the queue is full: ${numWaiting} requests wait for others to end, ${numTokens} prompt tokens wait, this one has ` +
      `${sequence.numPromptTokens}; the limits are ${maxWaiting} requests and ${maxWaitingTokens} tokens. Try again later`
    );
  }
}

import { SlotAllocator, type SlotAllocatorOptions } from "./kv-cache/slot-allocator.ts";
import { PassPlanner, type PassPlannerOptions, type PlannedPass } from "./pass-planner.ts";
import { FairQueue } from "./queue/fair-queue.ts";
import { ServiceTime } from "./queue/service-time.ts";
import type { ReplyGrowth, SampledToken, Sequence } from "./sequence.ts";
import type { BlockCopy } from "./step-plan.ts";

export interface SchedulerOptions extends SlotAllocatorOptions, Omit<PassPlannerOptions, "slots"> {
  /** Most requests that wait beside those that free rows will take. */
  readonly maxWaiting: number;
  /** Most prompt tokens that wait. One prompt alone may be longer. */
  readonly maxWaitingTokens: number;
}

/** One that may not wait, or not any longer. */
export interface Refusal {
  readonly sequence: Sequence;
  /** What is full, and the limits. */
  readonly message: string;
  /** By what its tenant has waiting. */
  readonly retryDelayMs: number;
}

/** What happens next. */
export interface Schedule extends PlannedPass {
  /** Waited longer than they would; gone. */
  readonly timedOut: readonly Sequence[];
  /** Got their rows with this pass. */
  readonly admitted: readonly Sequence[];
}

/** When a pass ended, and how long it took: less than since it was planned, where another model had the device. */
export interface PassTime {
  readonly now: number;
  readonly passMs: number;
}

/** What a pass did to one sequence; where it ended the reply, the sequence is finished and its row free. */
export interface SequenceUpdate extends ReplyGrowth {
  readonly sequence: Sequence;
}

/**
 * Decides what each forward pass computes: continuous batching over a fixed number of rows. Pure and synchronous: time is an
 * argument, the pass, the drawing of tokens and their text are the caller's. Call in turn: `schedule`, the pass, `update`;
 * `finish`, and `abort` of what runs, only between `update` and `schedule`. Only the queue changes during a pass: `add`, and
 * `abort` of what waits, may be called at any time.
 *
 * Policy: whoever waits gets a row as soon as there is one, in the order of `FairQueue`. A pass computes one chunk of one
 * prompt, or a decode step of all sequences that decode; the pacer says when which, `PrefillQueue` whose chunk.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queue = new FairQueue<Sequence>();
  readonly #serviceTime = new ServiceTime();
  readonly #slots: SlotAllocator;
  readonly #planner: PassPlanner;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = new SlotAllocator(options);
    this.#planner = new PassPlanner({ ...options, slots: this.#slots });
  }

  get numRunning(): number {
    return this.#options.maxNumSeqs - this.#slots.numFree;
  }

  get numWaiting(): number {
    return this.#queue.size;
  }

  get numWaitingTokens(): number {
    return this.#queue.numTokens;
  }

  get numWaitingTenants(): number {
    return this.#queue.numWaitingTenants;
  }

  /** Positions that the rows hold. */
  get numCachedPositions(): number {
    return this.#slots.sequences().reduce((sum, sequence) => sum + sequence.numComputedTokens, 0);
  }

  /** All that hold a row. */
  running(): readonly Sequence[] {
    return this.#slots.sequences();
  }

  /** When all will have got a row that go before the tenant's next request, at the pace of late. */
  retryDelayMs(tenant: string): number {
    return this.#serviceTime.retryDelayMs(this.#queue.numAheadOf(tenant), this.#options.maxNumSeqs);
  }

  /** Lets a sequence wait for its row. Where the queue is full, returns it as refused, or those that made room for it. */
  add(sequence: Sequence): readonly Refusal[] {
    const { maxWaiting, maxWaitingTokens } = this.#options;
    // Those that free rows are about to take are no part of what may wait.
    const limits = { maxRequests: maxWaiting + this.#slots.numFree, maxTokens: maxWaitingTokens };
    const pushedOut = this.#queue.add(sequence, limits);
    if (pushedOut === undefined) return [this.#refuse(sequence, "the queue is full")];
    const reason = "the queue is full, and this one made room for another tenant's, as its own has most waiting";
    return pushedOut.map((other) => this.#refuse(other, reason));
  }

  /** Takes a sequence out, wherever it stands; does nothing once it is finished. */
  abort(sequence: Sequence): void {
    if (sequence.status === "waiting") this.#queue.remove(sequence);
    else if (sequence.status !== "finished") this.#leave(sequence);
    sequence.status = "finished";
  }

  /** Plans the next pass. */
  schedule(now: number): Schedule {
    const timedOut = this.#queue.removeTimedOut(now);
    for (const sequence of timedOut) sequence.status = "finished";
    const { admitted, loads } = this.#admitWaiting(now);
    return { timedOut, admitted, ...this.#planner.next(loads) };
  }

  /** Takes what a pass yielded: the tokens drawn for each of its rows; none for a sequence that is to be aborted next. */
  update(schedule: Schedule, drawn: readonly (readonly SampledToken[])[], { now, passMs }: PassTime): SequenceUpdate[] {
    this.#planner.learn(schedule, drawn, passMs);
    const updates: SequenceUpdate[] = [];
    for (const [i, sequence] of schedule.sequences.entries()) {
      if (sequence === undefined) continue;
      const growth = sequence.advance(schedule.plan!.rows[i]!, drawn[i]!, now);
      this.#queue.countDrawn(sequence, growth.tokens.length);
      if (sequence.status === "prefill" && sequence.numComputedTokens === sequence.numPromptTokens)
        this.#planner.startDecoding(sequence);
      if (growth.ended !== undefined) this.finish(sequence, now);
      if (growth.ended !== undefined || growth.tokens.length > 0) updates.push({ sequence, ...growth });
    }
    return updates;
  }

  /** Takes out a sequence whose reply has ended; does nothing once it is finished. */
  finish(sequence: Sequence, now: number): void {
    if (sequence.status === "finished") return;
    const { prefillMs, decodeMs } = sequence.timings(now);
    this.#serviceTime.ended(prefillMs + decodeMs);
    this.abort(sequence);
  }

  /** What was computed for the sequence is not to be used again. */
  invalidate(sequence: Sequence): void {
    this.#slots.invalidate(sequence);
  }

  /** A pass failed: what the rows hold is not to be used again. */
  invalidateAll(): void {
    this.#slots.invalidateAll();
  }

  /** Gives rows, of whose beginnings the prefix cache may know more than nothing. */
  #admitWaiting(now: number): { admitted: readonly Sequence[]; loads: readonly BlockCopy[] } {
    const admitted: Sequence[] = [];
    const loads: BlockCopy[] = [];
    while (this.#slots.numFree > 0 && this.#queue.size > 0) {
      const next = this.#queue.peek()!;
      const allocation = this.#slots.take(next);
      this.#queue.admit(next, next.numPromptTokens - allocation.numCachedTokens);
      next.admit(now, allocation.numCachedTokens);
      this.#planner.add(next);
      admitted.push(next);
      loads.push(...allocation.loads);
    }
    return { admitted, loads };
  }

  #leave(sequence: Sequence): void {
    this.#planner.remove(sequence);
    this.#slots.free(sequence);
    this.#queue.release(sequence);
  }

  #refuse(sequence: Sequence, reason: string): Refusal {
    const { maxWaiting, maxWaitingTokens } = this.#options;
    const numWaiting = Math.max(0, this.numWaiting - this.#slots.numFree);
    sequence.status = "finished";
    const message =
      `${reason}: requests that wait for others to end ${numWaiting} of at most ${maxWaiting}, prompt tokens that wait ` +
      `${this.numWaitingTokens} of at most ${maxWaitingTokens}; this one has ${sequence.numPromptTokens}. Try again later`;
    return { sequence, message, retryDelayMs: this.retryDelayMs(sequence.request.tenant) };
  }
}

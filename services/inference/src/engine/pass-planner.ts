import type { SlotAllocator } from "./kv-cache/slot-allocator.ts";
import type { ChunkSpan } from "./prefill/pass-cost.ts";
import { PrefillQueue } from "./prefill/prefill-queue.ts";
import type { SampledToken, Sequence } from "./sequence.ts";
import { type BlockCopy, checkPlan, type PlanRow, type StepPlan } from "./step-plan.ts";

/** Says how much of a prompt is computed at a time. The port of `PrefillPacer`. */
export interface Pacer {
  /** How many of a prompt's `numRemaining` tokens, after `position` others, the next pass computes; 0 for a decode step first. */
  chunk(position: number, numRemaining: number, isDecoding: boolean): number;
  /** A chunk was computed in so many milliseconds, by a clock that may jump. */
  prefilled(chunk: ChunkSpan, passMs: number): void;
  /** A decode step was computed in so many milliseconds. */
  decoded(passMs: number): void;
}

/** Guesses the next tokens of a sequence that decodes alone. The port of `PromptLookup`. */
export interface Drafter {
  /** Tokens to check behind the sequence's last one, at most `room`. */
  draft(sequence: Sequence, room: number): readonly number[];
  /** Tokens that the pass after the last `draft` brought, and its milliseconds. */
  accept(tokenIds: readonly number[], passMs: number): void;
}

/** One pass, and whom it is for. */
export interface PlannedPass {
  /** Undefined when there is nothing to do. */
  readonly plan: StepPlan | undefined;
  /** The sequences it advances, one for each of the plan's rows; undefined for a row that runs idle. */
  readonly sequences: readonly (Sequence | undefined)[];
}

export interface PassPlannerOptions {
  readonly slots: SlotAllocator;
  readonly pacer: Pacer;
  /** Default: nothing is drafted. */
  readonly drafter?: Drafter | undefined;
}

/**
 * Plans passes for the sequences that have rows: one chunk of one prompt, or a decode step of all sequences that decode. The
 * pacer says when which, `PrefillQueue` whose chunk.
 */
export class PassPlanner {
  readonly #slots: SlotAllocator;
  readonly #pacer: Pacer;
  readonly #drafter: Drafter | undefined;
  readonly #prefilling = new PrefillQueue<Sequence>();
  #numDecoding = 0;

  constructor({ slots, pacer, drafter }: PassPlannerOptions) {
    this.#slots = slots;
    this.#pacer = pacer;
    this.#drafter = drafter;
  }

  /** One got its row: its prompt is to be computed. */
  add(sequence: Sequence): void {
    this.#prefilling.add(sequence);
  }

  /** One gives its row back. */
  remove(sequence: Sequence): void {
    if (sequence.status === "prefill") this.#prefilling.remove(sequence);
    else this.#numDecoding--;
  }

  /** The prompt of one is computed. */
  startDecoding(sequence: Sequence): void {
    this.#prefilling.remove(sequence);
    sequence.status = "decode";
    this.#numDecoding++;
  }

  /** The next pass, which begins with these copies. */
  next(loads: readonly BlockCopy[]): PlannedPass {
    const isDecoding = this.#numDecoding > 0;
    const next = this.#prefilling.next();
    const numTokens = next ? this.#chunk(next, isDecoding) : 0;
    if (next && numTokens > 0) {
      this.#slots.begin(next);
      const rows = [this.#planRow(next, numTokens)];
      return { plan: this.#plan({ moves: [], loads, rows }), sequences: [next] };
    }
    return isDecoding ? this.#decodeStep(loads) : this.#savesAlone();
  }

  /** Learns from a planned pass that took so many milliseconds, and from the tokens that it brought. */
  learn(pass: PlannedPass, drawn: readonly (readonly SampledToken[])[], passMs: number): void {
    this.#pace(pass, passMs);
    if (isAlone(pass)) this.#tellDrafter(drawn[0]!, passMs);
  }

  #chunk({ numComputedTokens, numPromptTokens }: Sequence, isDecoding: boolean): number {
    return this.#pacer.chunk(numComputedTokens, numPromptTokens - numComputedTokens, isDecoding);
  }

  /** Tells what the pass computed, and in what time. */
  #pace({ plan, sequences }: PlannedPass, passMs: number): void {
    const first = sequences.find((sequence) => sequence !== undefined);
    if (first?.status === "decode") this.#pacer.decoded(passMs);
    if (first?.status !== "prefill") return;
    const { numComputedTokens, tokenIds } = plan!.rows[0]!;
    this.#pacer.prefilled({ numComputedTokens, numTokens: tokenIds.length }, passMs);
    this.#prefilling.computed(first, tokenIds.length);
  }

  #decodeStep(loads: readonly BlockCopy[]): PlannedPass {
    const { moves, rows } = this.#slots.decodeSlots();
    const sequences = rows.map(({ sequence }) => sequence);
    const drafts = this.#drafts(sequences);
    const planRows = rows.map(({ row, sequence }) => (sequence ? this.#planRow(sequence, 1, drafts) : row.idle()));
    return { plan: this.#plan({ moves, loads, rows: planRows }), sequences };
  }

  #tellDrafter(drawn: readonly SampledToken[], passMs: number): void {
    const tokenIds = drawn.map(({ tokenId }) => tokenId);
    this.#drafter?.accept(tokenIds, passMs);
  }

  /** Drafts for the one sequence that decodes: several rows may have one token each. */
  #drafts([sequence, ...others]: PlannedPass["sequences"]): readonly number[] {
    if (sequence === undefined || others.length > 0) return [];
    return this.#drafter?.draft(sequence, sequence.numDraftRoom) ?? [];
  }

  /** Copies what is left to copy while there is nothing to compute. */
  #savesAlone(): PlannedPass {
    const plan = { moves: [], rows: [], saves: this.#slots.saves() };
    return { plan: plan.saves.length > 0 ? plan : undefined, sequences: [] };
  }

  #planRow(sequence: Sequence, numTokens: number, drafts: readonly number[] = []): PlanRow {
    const { tokenIds, numComputedTokens } = sequence;
    const end = numComputedTokens + numTokens;
    return {
      row: this.#slots.row(sequence),
      numComputedTokens,
      tokenIds: [...tokenIds.slice(numComputedTokens, end), ...drafts],
      numLogits: end === tokenIds.length ? 1 + drafts.length : 0,
    };
  }

  #plan(pass: StepPlan): StepPlan {
    const plan = { ...pass, saves: this.#slots.saves() };
    checkPlan(plan);
    return plan;
  }
}

/** Whether one sequence decoded by itself. */
function isAlone({ sequences }: PlannedPass): boolean {
  return sequences.length === 1 && sequences[0]?.status === "decode";
}

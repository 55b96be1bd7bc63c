import type { Sequence } from "../sequence.ts";
import type { BlockCopy, BlockSave, RowMove } from "../step-plan.ts";
import { CacheRow } from "./cache-row.ts";
import { chooseRow, LEFT_TOKENS, nearestEmptyRow } from "./choose-row.ts";
import { type DecodeSlot, decodeRange, HoleClosing } from "./hole-closing.ts";
import { type BlockIndex, numKnownBlocks, PrefixChain } from "./prefix-index.ts";

export interface SlotAllocatorOptions {
  readonly maxNumSeqs: number;
  /** Blocks kept outside the rows. Without it nothing that was computed is used again. */
  readonly prefixCache?: BlockIndex | undefined;
  /** As `ModelRunner` has it. Default: holes are closed at once. */
  readonly idleRowTokens?: number | undefined;
}

/** A row for a new sequence: as many of its tokens as `numCachedTokens` are there once the blocks are copied. */
export interface SlotAllocation {
  readonly numCachedTokens: number;
  readonly loads: readonly BlockCopy[];
}

/** The rows of a decode step, neighbours, and what moves between rows before it. */
export interface DecodeSlots {
  readonly moves: readonly RowMove[];
  readonly rows: readonly DecodeSlot[];
}

/**
 * Blocks copied out during one pass, so that it takes no longer for them. A decode step gains fewer in the mean, a long chunk
 * more: what is left follows with later passes, or when there is nothing to compute, unless its row is given away before.
 */
const SAVES_A_PASS = 4;

/**
 * Who holds which row of the KV cache, and what free rows still hold. A decode step computes neighbouring rows: `HoleClosing`
 * says when a sequence moves.
 */
export class SlotAllocator {
  readonly #rows: readonly CacheRow[];
  readonly #rowOf = new Map<Sequence, CacheRow>();
  readonly #index: BlockIndex | undefined;
  readonly #blockTokens: number;
  readonly #holes: HoleClosing;
  #numFreed = 0;

  constructor({ maxNumSeqs, prefixCache, idleRowTokens }: SlotAllocatorOptions) {
    this.#index = prefixCache;
    this.#blockTokens = prefixCache?.blockTokens ?? 1;
    this.#holes = new HoleClosing(idleRowTokens ?? Number.POSITIVE_INFINITY);
    this.#rows = Array.from({ length: maxNumSeqs }, (_, row) => new CacheRow(row, prefixCache));
  }

  get numFree(): number {
    return this.#rows.length - this.#rowOf.size;
  }

  row(sequence: Sequence): number {
    return this.#rowOf.get(sequence)!.row;
  }

  /** All that hold a row, by row. */
  sequences(): readonly Sequence[] {
    return this.#rows.flatMap(({ sequence }) => sequence ?? []);
  }

  /** Gives a free row, that of `chooseRow`, and what blocks hold of the prompt beyond what it holds itself. */
  take(sequence: Sequence): SlotAllocation {
    const chain = this.#index && new PrefixChain(this.#index, sequence.request.cacheSalt);
    const keys = this.#knownKeys(sequence, chain);
    const known = { numTokens: keys.length * this.#blockTokens, blockTokens: this.#blockTokens };
    const free = this.#rows.filter(({ isFree }) => isFree);
    const { row, numKept } = chooseRow(free, sequence, known);
    row.assign(sequence, chain, keys.length);
    this.#rowOf.set(sequence, row);
    const firstLoad = Math.floor(numKept / this.#blockTokens);
    const loads = keys.slice(firstLoad).map((key, i) => this.#load(row, firstLoad + i, key));
    this.#index?.touch(keys);
    return { numCachedTokens: Math.max(numKept, known.numTokens), loads };
  }

  /**
   * Lets a sequence begin next to those that run, where rows that hold nothing allow it: prompts are not computed in the order
   * in which they got their rows, and rows between running ones run idle.
   */
  begin(sequence: Sequence): void {
    const from = this.#rowOf.get(sequence)!;
    if (from.numHeld > 0) return;
    this.#swap(from, nearestEmptyRow(this.#rows));
  }

  free(sequence: Sequence): void {
    this.#rowOf.get(sequence)!.free(++this.#numFreed);
    this.#rowOf.delete(sequence);
  }

  /** What the sequence's row holds is in doubt, and so are its blocks, and the rows that may have been filled from those. */
  invalidate(sequence: Sequence): void {
    const row = this.#rowOf.get(sequence)!;
    const keys = row.keys();
    this.#index?.forget(keys);
    for (const other of this.#rows) if (other === row || (keys[0] && other.keys()[0] === keys[0])) other.forget();
  }

  /** What the rows hold is in doubt. */
  invalidateAll(): void {
    for (const row of this.#rows) row.forget();
  }

  /** The rows of the next decode step, after moves that close holes. */
  decodeSlots(): DecodeSlots {
    const moves: RowMove[] = [];
    let rows = decodeRange(this.#rows);
    this.#holes.count(rows);
    for (;;) {
      const move = this.#holes.next(rows);
      if (move === undefined) return { moves, rows };
      const { from, to } = move;
      moves.push({ from: from.row, to: to.row, length: from.numHeld });
      this.#swap(from, to);
      rows = decodeRange(this.#rows);
    }
  }

  /** Blocks to copy out during the next pass, which does not write to them. */
  saves(): readonly BlockSave[] {
    if (!this.#index?.maxBlocks) return [];
    const saves = new Map<string, BlockSave>();
    for (const row of this.#rows) {
      while (saves.size < SAVES_A_PASS) {
        const save = row.nextSave();
        if (save === undefined) break;
        saves.set(save.key, save);
      }
    }
    return [...saves.values()];
  }

  #knownKeys({ tokenIds, numPromptTokens }: Sequence, chain: PrefixChain | undefined): readonly string[] {
    if (!this.#index?.maxBlocks || !chain) return [];
    const keys = chain.keys(tokenIds, numPromptTokens - LEFT_TOKENS);
    return keys.slice(0, numKnownBlocks(this.#index, keys));
  }

  #load({ row }: CacheRow, block: number, key: string): BlockCopy {
    return { row, start: block * this.#blockTokens, length: this.#blockTokens, key };
  }

  /** Lets one row's sequence take another, whose own holds nothing yet if there is one. */
  #swap(from: CacheRow, to: CacheRow): void {
    if (from === to) return;
    const { sequence: displaced, chain } = to;
    to.moveFrom(from);
    this.#rowOf.set(to.sequence!, to);
    if (!displaced) return;
    from.assign(displaced, chain, 0);
    this.#rowOf.set(displaced, from);
  }
}

import type { Sequence } from "./sequence.ts";
import type { RowMove } from "./step-plan.ts";

/**
 * Who holds which row of the KV cache. Decoding sequences must stand in rows 0 to n-1 when a decode step runs, and only then:
 * a row that falls free waits for the next decode step, so a new sequence can take it and nothing is copied.
 */
export class SlotAllocator {
  readonly #rows: (Sequence | undefined)[];
  readonly #rowOf = new Map<Sequence, number>();

  constructor(maxNumSeqs: number) {
    this.#rows = Array.from({ length: maxNumSeqs }, () => undefined);
  }

  get numFree(): number {
    return this.#rows.length - this.#rowOf.size;
  }

  row(sequence: Sequence): number {
    return this.#rowOf.get(sequence)!;
  }

  /** All that hold a row, by row. */
  sequences(): readonly Sequence[] {
    return this.#rows.filter((sequence) => sequence !== undefined);
  }

  /** Gives the lowest free row. */
  take(sequence: Sequence): number {
    const row = this.#rows.indexOf(undefined);
    this.#place(sequence, row);
    return row;
  }

  free(sequence: Sequence): void {
    this.#rows[this.row(sequence)] = undefined;
    this.#rowOf.delete(sequence);
  }

  /** Brings the decoding sequences into rows 0 to n-1. Moves only those beyond, each once, into free rows. */
  compact(): readonly RowMove[] {
    const decoding = this.sequences().filter((sequence) => sequence.status === "decode");
    const outside = decoding.filter((sequence) => this.row(sequence) >= decoding.length);
    return outside.map((sequence) => this.#move(sequence));
  }

  #move(sequence: Sequence): RowMove {
    const from = this.row(sequence);
    this.free(sequence);
    const to = this.take(sequence);
    return { from, to, length: sequence.numComputedTokens };
  }

  #place(sequence: Sequence, row: number): void {
    this.#rows[row] = sequence;
    this.#rowOf.set(sequence, row);
  }
}

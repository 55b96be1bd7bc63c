import type { Sequence } from "../sequence.ts";
import type { CacheRow } from "./cache-row.ts";

/** A row of a decode step, and the sequence that decodes there; undefined for one that runs idle. */
export interface DecodeSlot {
  readonly row: CacheRow;
  readonly sequence: Sequence | undefined;
}

/** A sequence's way into a hole. */
export interface HoleMove {
  readonly from: CacheRow;
  readonly to: CacheRow;
}

/** The rows from the first to the last one that decodes: a decode step computes neighbours. */
export function decodeRange(rows: readonly CacheRow[]): readonly DecodeSlot[] {
  const isDecoding = ({ sequence }: CacheRow) => sequence?.status === "decode";
  const last = rows.findLastIndex(isDecoding);
  const range = rows.slice(Math.max(0, rows.findIndex(isDecoding)), last + 1);
  return range.map((row) => ({ row, sequence: isDecoding(row) ? row.sequence : undefined }));
}

/**
 * Says when holes are closed. A row between decoding ones that decodes nothing, a hole, runs idle, or a sequence from an end
 * moves into it. Neither is known to be cheaper, as nobody knows how long the step's sequences will go on; so a hole runs idle
 * until that has cost as much as the move, which is never over twice the cheaper way.
 */
export class HoleClosing {
  readonly #idleRowTokens: number;
  /** What idle rows have cost since the last move, in tokens that could have moved. */
  #idleTokens = 0;

  /** An idle row of one decode step costs as much as so many tokens' move. */
  constructor(idleRowTokens: number) {
    this.#idleRowTokens = idleRowTokens;
  }

  /** A decode step of these rows is planned. */
  count(slots: readonly DecodeSlot[]): void {
    const { length } = slots.filter(isHole);
    this.#idleTokens = length && this.#idleTokens + length * this.#idleRowTokens;
  }

  /**
   * The shorter of the two ends goes into the hole that is farthest from it, if holes have cost as much; undefined where they
   * have not. A sequence of which nothing is computed yet changes places with it.
   */
  next(slots: readonly DecodeSlot[]): HoleMove | undefined {
    const holes = slots.filter(isHole);
    if (holes.length === 0) return undefined;
    const [first, last] = [slots[0]!.row, slots.at(-1)!.row];
    const from = first.numHeld < last.numHeld ? first : last;
    if (this.#idleTokens < from.numHeld) return undefined;
    this.#idleTokens -= from.numHeld;
    return { from, to: (from === first ? holes.at(-1)! : holes[0]!).row };
  }
}

/** Whether a sequence may move there: it holds nothing that is still needed. */
function isHole({ row }: DecodeSlot): boolean {
  return row.isFree || row.numHeld === 0;
}

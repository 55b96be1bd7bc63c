/** Keys and values of `length` positions move from one row of the KV cache to another before the pass. */
export interface RowMove {
  readonly from: number;
  readonly to: number;
  /** Positions to move, from 0. */
  readonly length: number;
}

/**
 * What a pass computes of one sequence, on top of what its row holds: a chunk of its prompt, its newest token, or that token
 * and drafts of those to follow.
 */
export interface PlanRow {
  /** Row of the KV cache. */
  readonly row: number;
  /** Positions already in the row; the new tokens take those that follow. */
  readonly numComputedTokens: number;
  readonly tokenIds: readonly number[];
  /** How many of the new positions, from the last back, yield logits: 0 where the prompt has further chunks. */
  readonly numLogits: number;
}

/** A block of the prefix cache, and the positions of a row that it is copied to or from. */
export interface BlockCopy {
  readonly key: string;
  readonly row: number;
  /** The first of its positions. */
  readonly start: number;
  readonly length: number;
}

/** A block that is to be kept. */
export interface BlockSave extends BlockCopy {
  /** The block before it; undefined for a row's first one. */
  readonly parent: string | undefined;
}

/** What one forward pass computes. Yields logits [sum of numLogits, vocabSize], row after row. */
export interface StepPlan {
  readonly moves: readonly RowMove[];
  /** Copied into rows after the moves, before the pass. Default: none. */
  readonly loads?: readonly BlockCopy[];
  /** Copied out of rows during the pass, which writes beyond them. Default: none. */
  readonly saves?: readonly BlockSave[];
  /** At least one unless there are blocks to save, in neighbouring rows of the KV cache, the lowest first. */
  readonly rows: readonly PlanRow[];
}

/** Most positions of one row that yield logits. */
export const MAX_ROW_LOGITS = 16;

/**
 * ONNX Runtime's GroupQueryAttention takes several rows over a cache with one new token each, or one row with many; so a
 * chunk or a check of drafts has the pass to itself.
 * @throws RangeError for a plan that no runner can compute
 */
export function checkPlan({ rows, saves = [] }: StepPlan): void {
  const first = rows[0];
  if (first === undefined) {
    if (saves.length > 0) return;
    throw new RangeError("a pass without rows");
  }
  for (const [i, planRow] of rows.entries()) {
    if (planRow.row !== first.row + i) throw new RangeError(`row ${planRow.row} follows row ${first.row + i - 1}`);
    checkTokens(planRow, first, rows.length);
  }
}

function checkTokens({ row, tokenIds, numLogits }: PlanRow, first: PlanRow, numRows: number): void {
  const { length } = tokenIds;
  if (length === 0) throw new RangeError(`row ${row} has no new tokens`);
  if (numRows > 1 && length > 1)
    throw new RangeError(`row ${row} has ${length} new tokens; of ${numRows} each may have 1`);
  if (numLogits !== first.numLogits)
    throw new RangeError(
      `row ${row} wants ${numLogits} logits, row ${first.row} ${first.numLogits}; all must be alike`,
    );
  const mostLogits = Math.min(length, MAX_ROW_LOGITS);
  if (numLogits > mostLogits) throw new RangeError(`row ${row} wants ${numLogits} logits; it may have ${mostLogits}`);
}

/** Each row's logits, [numLogits, vocabSize], of all that a pass yielded. */
export function logitsByRow({ rows }: StepPlan, logits: Float32Array): readonly Float32Array[] {
  const total = rows.reduce((sum, { numLogits }) => sum + numLogits, 0);
  const vocabSize = total === 0 ? 0 : logits.length / total;
  let end = 0;
  return rows.map(({ numLogits }) => {
    const start = end;
    end += numLogits * vocabSize;
    return logits.subarray(start, end);
  });
}

/** Keys and values of `length` positions move from one row of the KV cache to another before the pass. */
export interface RowMove {
  readonly from: number;
  readonly to: number;
  /** Positions to move, from 0. */
  readonly length: number;
}

/**
 * One chunk of one sequence's prompt, on top of what its row already holds. Yields logits of its last position, or none
 * while the prompt has further chunks (`wantsLogits` false).
 */
export interface PrefillPlan {
  readonly type: "prefill";
  readonly moves: readonly RowMove[];
  /** Row of the KV cache. */
  readonly row: number;
  /** Positions already in the row. */
  readonly numComputedTokens: number;
  readonly tokenIds: readonly number[];
  readonly wantsLogits: boolean;
}

/** One token for each decoding sequence: entry i is row i, so rows 0 to n-1 are dense. Yields one row of logits an entry. */
export interface DecodePlan {
  readonly type: "decode";
  readonly moves: readonly RowMove[];
  readonly entries: readonly DecodeEntry[];
}

/** One row of a decode step. */
export interface DecodeEntry {
  /** Positions already in the row; the new token takes this position. */
  readonly numComputedTokens: number;
  readonly tokenId: number;
}

/**
 * What one forward pass computes: one prefill chunk of one sequence or one decode step of all running sequences. ONNX
 * Runtime's GroupQueryAttention takes batch > 1 with several new tokens only when nothing is cached, so they never mix.
 */
export type StepPlan = PrefillPlan | DecodePlan;

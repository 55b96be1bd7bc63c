import type { StepPlan } from "./step-plan.ts";

/** Runs forward passes. Owns a session over the model's weights and the KV cache; knows nothing of requests. */
export interface ModelRunner {
  /** Columns of a row of logits. */
  readonly vocabSize: number;
  /** Rows of the KV cache. */
  readonly maxNumSeqs: number;
  /** Positions of a row. */
  readonly maxModelLen: number;
  /**
   * Does the plan's moves, then its pass. Logits: float32 [rows, vocabSize], rows as the plan says (prefill: 1 or 0),
   * valid until the next call. Calls never overlap. Settles in a later turn of the event loop, so that steps starve nothing.
   */
  run(plan: StepPlan): Promise<Float32Array>;
  /** Gives the memory back. No call follows. */
  close(): void;
}

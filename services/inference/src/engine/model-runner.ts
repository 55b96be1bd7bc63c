import type { BlockIndex } from "./kv-cache/prefix-index.ts";
import type { StepPlan } from "./step-plan.ts";

/** What else is said with a plan. */
export interface PassOptions {
  /** Called when the pass begins to compute: once it has the device, where another model has it, and what it copies first. */
  readonly onStart?: () => void;
  /** Gives up a pass that waits for the device: it rejects with the signal's reason. One that has the device is done all the same. */
  readonly signal?: AbortSignal;
}

/** Runs forward passes. Owns a session over the model's weights and the KV cache; knows nothing of requests. */
export interface ModelRunner {
  /** Columns of a row of logits. */
  readonly vocabSize: number;
  /** Rows of the KV cache. */
  readonly maxNumSeqs: number;
  /** Positions of a row. */
  readonly maxModelLen: number;
  /** Which blocks it keeps outside the rows. Without it nothing that was computed is used again. */
  readonly prefixCache?: BlockIndex | undefined;
  /**
   * How many tokens' keys and values it could copy in the time that one idle row adds to a decode step; 0 where rows cannot
   * be copied. Default: infinitely many.
   */
  readonly idleRowTokens?: number;
  /**
   * Does the plan's moves and loads, then its pass and meanwhile its saves. Logits: float32 [sum of numLogits, vocabSize],
   * valid until the next call. Calls never overlap. Settles in a later turn of the event loop, so that steps starve nothing.
   * @throws RangeError for a plan that it cannot compute
   */
  run(plan: StepPlan, options?: PassOptions): Promise<Float32Array>;
  /** Gives the memory back, once the device is free. No call follows. */
  close(): Promise<void>;
}

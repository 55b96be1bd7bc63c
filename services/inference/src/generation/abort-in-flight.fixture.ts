import type { ModelRunner } from "../engine/model-runner.ts";
import type { StepPlan } from "../engine/step-plan.ts";

/** What is to be under way when a request is aborted. */
export interface Moment {
  isMeant(plan: StepPlan): boolean;
  /** Whether it is the computing, or the copying of blocks into a row before it. */
  readonly during: "pass" | "copy";
}

type PassState = "copying" | "computing" | "over";

/**
 * Lets a runner abort once, by its microtask queue, while such a pass is under way. Tells how far the pass was then;
 * undefined while there was none.
 */
export function abortDuring(
  runner: ModelRunner,
  { isMeant, during }: Moment,
  abort: () => void,
): () => PassState | undefined {
  const run = runner.run.bind(runner);
  let seen: PassState | undefined;
  runner.run = async (plan, options = {}) => {
    if (seen !== undefined || !isMeant(plan)) return await run(plan, options);
    let state: PassState = "copying";
    const abortSoon = () =>
      queueMicrotask(() => {
        seen = state;
        abort();
      });
    const onStart = () => {
      options.onStart?.();
      state = "computing";
      if (during === "pass") abortSoon();
    };
    const pass = run(plan, { ...options, onStart });
    if (during === "copy") abortSoon();
    const logits = await pass;
    state = "over";
    return logits;
  };
  return () => seen;
}

export const PREFILL_CHUNK: Moment = {
  isMeant: ({ rows }) => rows[0]?.numLogits === 0,
  during: "pass",
};
export const DRAFT_CHECK: Moment = { isMeant: ({ rows }) => (rows[0]?.numLogits ?? 0) > 1, during: "pass" };
export const BLOCK_COPY: Moment = { isMeant: ({ loads = [] }) => loads.length > 0, during: "copy" };

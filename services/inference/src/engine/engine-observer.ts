import type { PlanRow } from "./step-plan.ts";

/** Hears what an engine does. Called once a step, so it does no more than it must. */
export interface EngineObserver {
  /** A step was computed: these rows, but for those that ran idle, in a forward pass of so many milliseconds. */
  stepped(rows: readonly PlanRow[], passMs: number): void;
  /** A step checked drafts of a reply's next tokens, and so many came true. */
  drafted(numDrafts: number, numAccepted: number): void;
  /** A forward pass failed, or none of its logits could be drawn from. */
  passFailed(): void;
  /** A request left before its reply had ended: its caller hung up, or it failed. */
  aborted(): void;
}

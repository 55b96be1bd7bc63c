import type { EngineObserver } from "../engine/engine-observer.ts";
import type { EngineModel } from "../engine/generation.ts";
import type { ModelRunner } from "../engine/model-runner.ts";

export interface InferenceEngineOptions {
  /** The engine's own from now on: it closes it. */
  readonly runner: ModelRunner;
  readonly model: EngineModel;
  /** Most requests that wait for a row, beside those that free rows will take. */
  readonly maxWaiting: number;
  /** Most prompt tokens that wait. One prompt alone may be longer. */
  readonly maxWaitingTokens: number;
  /** Most milliseconds between two tokens of a reply, as far as others' prompts hold them up. Default 100. */
  readonly itlTargetMs?: number;
  /** Whether a sequence that decodes alone has its next tokens guessed from its context. Default false. */
  readonly promptLookup?: boolean;
  /** A clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** Default: nobody hears. */
  readonly observer?: EngineObserver;
}

/** A stall that people do not notice as they read. */
export const ITL_TARGET_MS = 100;

export const NOBODY: EngineObserver = { stepped: () => {}, drafted: () => {}, passFailed: () => {}, aborted: () => {} };

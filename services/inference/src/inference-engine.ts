import type { GenerationEvent, GenerationRequest } from "./engine/generation.ts";

/** What `AdminService.GetLoad` tells of one engine. */
export interface EngineLoad {
  readonly running: number;
  readonly waiting: number;
  readonly waitingTokens: number;
  readonly maxNumSeqs: number;
  readonly maxWaiting: number;
  /** 0 to 1. */
  readonly kvCacheUsage: number;
}

/** Generates text with one model: the async owner of a scheduler and a model runner. */
export interface InferenceEngine {
  /**
   * Streams one reply. Ends the sequence before the next step when the signal aborts or the caller leaves the loop.
   * @throws InferenceError QUEUE_FULL at once, QUEUE_TIMEOUT while waiting; the signal's reason when it aborts
   */
  generate(request: GenerationRequest, signal: AbortSignal): AsyncIterable<GenerationEvent>;
  load(): EngineLoad;
  /** Ends what runs and gives the memory back. */
  close(): Promise<void>;
}

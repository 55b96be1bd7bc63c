import type { InferenceEngine } from "../inference-engine.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { ModelDescription } from "./model-description.ts";

/** A model in memory. */
export interface LoadedModel {
  readonly description: ModelDescription;
  readonly tokenizer: Tokenizer;
  /** Shared by all models over the same weights. */
  readonly engine: InferenceEngine;
}

/** Bytes of weights read so far. */
export type LoadProgress = (loadedBytes: number, totalBytes: number) => void;

/** A claim on a loaded model: it stays in memory until released, and `keepAlive` longer. */
export interface ModelLease {
  readonly model: LoadedModel;
  /** Time this claim waited for the load; 0 if it was loaded. */
  readonly loadTimeMs: number;
  release(): void;
}

/** All models of the model folders: which there are, which are loaded, and the memory they may take. */
export interface ModelRegistry {
  /** Sorted by name, broken ones included. */
  list(): readonly ModelDescription[];
  /** @throws InferenceError MODEL_NOT_FOUND with the nearest names */
  get(name: string): ModelDescription;
  /**
   * Loads the model unless it is loaded; one load at a time however many ask.
   * @throws InferenceError MODEL_NOT_FOUND, MODEL_BROKEN, OUT_OF_MEMORY_BUDGET
   */
  acquire(name: string, options?: AcquireOptions): Promise<ModelLease>;
  /** Waits for the model's leases, then frees its memory. */
  unload(name: string): Promise<void>;
  /** The loaded models that hold weights, for load reports. */
  loaded(): readonly LoadedModel[];
  /** Frees everything. */
  close(): Promise<void>;
}

export interface AcquireOptions {
  /** Milliseconds it stays once idle; -1 for always. Default: the service's. */
  readonly keepAliveMs?: number | undefined;
  readonly onProgress?: LoadProgress;
  readonly signal?: AbortSignal;
}

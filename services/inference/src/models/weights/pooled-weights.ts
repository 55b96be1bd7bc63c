import type { ModelWeights } from "../folder/model-folder.ts";
import type { LoadProgress } from "../model-registry.ts";
import type { LoadedWeights } from "./load-weights.ts";
import type { MemoryPlan } from "./memory-plan.ts";

/** Weights on their way into memory, in it, or on their way out: the state that `WeightsPool` keeps of each. */
export class PooledWeights {
  readonly weights: ModelWeights;
  /** Settles once they are gone from memory. */
  readonly freed: Promise<void>;
  readonly markFreed: () => void;
  /** Who waits for them or uses them. */
  claims = 0;
  /** The size in which they are loaded. */
  readonly plan: MemoryPlan;
  /** Bytes of the budget they take; 0 until they have been granted. */
  heldBytes = 0;
  keepAliveMs: number;
  timer: NodeJS.Timeout | undefined;
  loading!: Promise<LoadedWeights>;
  loaded: LoadedWeights | undefined;
  isFreeing = false;
  readonly #followers = new Set<LoadProgress>();
  #loadedBytes = 0;

  constructor(weights: ModelWeights, plan: MemoryPlan, keepAliveMs: number) {
    this.weights = weights;
    this.plan = plan;
    this.keepAliveMs = keepAliveMs;
    let markFreed: () => void = () => {};
    this.freed = new Promise((resolve) => {
      markFreed = resolve;
    });
    this.markFreed = markFreed;
  }

  /** Tells progress from here on, beginning with what there is. */
  follow(onProgress: LoadProgress | undefined): Promise<LoadedWeights> {
    if (onProgress && !this.loaded) {
      this.#followers.add(onProgress);
      onProgress(this.#loadedBytes, this.weights.weightBytes);
    }
    return this.loading;
  }

  unfollow(onProgress: LoadProgress | undefined): void {
    if (onProgress) this.#followers.delete(onProgress);
  }

  tell(loadedBytes: number): void {
    this.#loadedBytes = loadedBytes;
    for (const onProgress of this.#followers) onProgress(loadedBytes, this.weights.weightBytes);
  }
}

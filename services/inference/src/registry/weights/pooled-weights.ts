import { basename } from "node:path";
import type { ModelWeights } from "../../model-folder/model-folder.ts";
import type { LoadedWeights } from "./load-weights.ts";
import type { MemoryPlan } from "./memory-plan.ts";

/** Bytes of weights read so far. */
export type LoadProgress = (loadedBytes: number, totalBytes: number) => void;

/** Someone who waits for weights or uses them. */
export interface Claim {
  /** As `performance.now()` tells it. */
  readonly madeAt: number;
}

/** Who has used weights for this long when those that waited for their memory give up may use them for long yet. */
const LONG_CLAIM_MS = 30_000;

/** How far weights are on their way through memory. */
export type WeightsState =
  /** They wait for memory or are read. Unwanted, they are freed as soon as they are there. */
  | { readonly type: "loading"; readonly isWanted: boolean }
  | { readonly type: "ready"; readonly loaded: LoadedWeights }
  /** Nobody new may claim them; they are freed once nobody does. */
  | { readonly type: "leaving"; readonly loaded: LoadedWeights }
  | { readonly type: "freeing" };

/** Weights on their way into memory, in it, or on their way out, and who claims them. */
export class PooledWeights {
  readonly weights: ModelWeights;
  /** The size in which they are loaded. */
  readonly plan: MemoryPlan;
  /** Settles once they are gone from memory. */
  readonly freed: Promise<void>;
  readonly markFreed: () => void;
  state: WeightsState = { type: "loading", isWanted: true };
  /** Bytes of the budget they take; 0 until they have been granted. */
  heldBytes = 0;
  /** Set while others wait for their memory: until that settles, they let nobody new in. */
  yieldsTo: Promise<void> | undefined;
  /** When they came into memory, as `performance.now()` tells it. */
  readyAt = 0;
  keepAliveMs: number;
  timer: NodeJS.Timeout | undefined;
  loading!: Promise<LoadedWeights>;
  readonly #claims = new Set<Claim>();
  /** Those that others have waited for in vain. */
  readonly #stuck = new Set<Claim>();
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

  /** A model that has weights is named as its folder. */
  get name(): string {
    return basename(this.weights.folder);
  }

  /** Whether more may claim them. */
  get isClaimable(): boolean {
    const { state } = this;
    return state.type === "ready" || (state.type === "loading" && state.isWanted);
  }

  /** How many wait for them or use them. */
  get numClaims(): number {
    return this.#claims.size;
  }

  claim(): Claim {
    const claim = { madeAt: performance.now() };
    this.#claims.add(claim);
    return claim;
  }

  /** Ends a claim; tells whether it was one that others have waited for in vain. */
  letGo(claim: Claim): boolean {
    this.#claims.delete(claim);
    return this.#stuck.delete(claim);
  }

  /** Whether letting nobody new in may make them idle: it has not yet been in vain for a claim that is still there. */
  get mayYield(): boolean {
    return this.#stuck.size === 0;
  }

  /** They let nobody new in, and did not become idle before those gave up that waited for their memory. */
  yieldedInVain(): void {
    const now = performance.now();
    for (const claim of this.#claims) if (now - claim.madeAt >= LONG_CLAIM_MS) this.#stuck.add(claim);
  }

  /** They are there. */
  markLoaded(loaded: LoadedWeights): void {
    this.readyAt = performance.now();
    this.state = { type: this.isClaimable ? "ready" : "leaving", loaded };
  }

  /** Nobody new may claim them from here on. */
  markLeaving(): void {
    clearTimeout(this.timer);
    if (this.state.type === "loading") this.state = { type: "loading", isWanted: false };
    if (this.state.type === "ready") this.state = { type: "leaving", loaded: this.state.loaded };
  }

  /** Tells progress from here on, beginning with what there is. */
  follow(onProgress: LoadProgress | undefined): Promise<LoadedWeights> {
    if (onProgress && this.state.type === "loading") {
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

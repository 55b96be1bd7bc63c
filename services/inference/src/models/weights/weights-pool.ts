import { basename } from "node:path";
import { InferenceError } from "../../errors.ts";
import type { ModelWeights } from "../folder/model-folder.ts";
import type { AcquireOptions } from "../model-registry.ts";
import { type LoadedWeights, loadWeights, type WeightsLoader } from "./load-weights.ts";
import { type MemoryLimits, type MemoryPlan, planMemory } from "./memory-plan.ts";
import { PooledWeights } from "./pooled-weights.ts";

export interface WeightsPoolOptions extends WeightsLoader, MemoryLimits {
  /** Milliseconds that idle weights stay; -1 for always. */
  readonly keepAliveMs: number;
  readonly observer: WeightsObserver;
}

/** Hears what comes and goes. */
export interface WeightsObserver {
  loaded(name: string, loadTimeMs: number, maxNumSeqs: number): void;
  unloaded(name: string): void;
  /** A model that could not be loaded, or not be freed. */
  failed(name: string, error: unknown): void;
}

/** A claim on weights in memory. */
export interface WeightsLease {
  readonly loaded: LoadedWeights;
  release(): void;
}

/** A longer time would overflow Node's timers; it is 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const RETRY_DELAY_MS = 5_000;

/**
 * The weights in memory: each loaded once however many ask, within a budget, the least recently used idle ones making
 * room, and gone a while after their last use.
 */
export class WeightsPool {
  readonly #options: WeightsPoolOptions;
  /** By folder and revision, least recently used first. */
  readonly #entries = new Map<string, PooledWeights>();
  /** To be freed once nobody claims them; nobody new may. */
  readonly #leaving = new Set<PooledWeights>();
  #isClosed = false;

  constructor(options: WeightsPoolOptions) {
    this.#options = options;
  }

  /** Loads the weights unless they are. @throws InferenceError OUT_OF_MEMORY_BUDGET, MODEL_TOO_LARGE; the load's own error; the signal's reason */
  async acquire(
    weights: ModelWeights,
    { keepAliveMs, onProgress, signal }: AcquireOptions = {},
  ): Promise<WeightsLease> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw new InferenceError("DRAINING", "the service is stopping: ask another");
    const entry = this.#use(weights);
    // Claimed before it is loaded, so it cannot be evicted between its load and this caller's turn.
    entry.claims++;
    clearTimeout(entry.timer);
    if (keepAliveMs !== undefined) entry.keepAliveMs = keepAliveMs;
    try {
      const loaded = await untilAborted(entry.follow(onProgress), signal);
      return { loaded, release: once(() => this.#release(entry)) };
    } catch (error) {
      this.#release(entry);
      throw error;
    } finally {
      entry.unfollow(onProgress);
    }
  }

  stateOf(weights: ModelWeights): LoadedWeights | "loading" | undefined {
    const entry = this.#entries.get(keyOf(weights));
    return entry && (entry.loaded ?? "loading");
  }

  /** Frees a folder's weights once nobody claims them. */
  async unload({ folder }: ModelWeights): Promise<void> {
    for (const entry of this.#entries.values()) if (entry.weights.folder === folder) this.#retire(entry);
    await this.#freed((entry) => entry.weights.folder === folder);
  }

  /** Lets go of weights whose files changed or went away. */
  retain(current: readonly ModelWeights[]): void {
    const keys = new Set(current.map(keyOf));
    for (const [key, entry] of this.#entries) if (!keys.has(key)) this.#retire(entry);
  }

  /** Frees everything, claimed or not. What is still being loaded is not waited for: it is freed once it is there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const entry of [...this.#entries.values(), ...this.#leaving]) this.#retire(entry);
    await this.#freed((entry) => entry.isFreeing);
  }

  #use(weights: ModelWeights): PooledWeights {
    const key = keyOf(weights);
    const entry = this.#entries.get(key) ?? this.#load(weights);
    this.#entries.set(key, entry);
    this.#touch(entry);
    return entry;
  }

  /** Makes it the one used last. */
  #touch(entry: PooledWeights): void {
    const key = keyOf(entry.weights);
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #load(weights: ModelWeights): PooledWeights {
    const entry = new PooledWeights(weights, planMemory(weights, this.#options), this.#options.keepAliveMs);
    entry.loading = this.#loadInto(entry);
    // Those who wait hear of a failure themselves; there may be none left.
    entry.loading.catch(() => {});
    return entry;
  }

  async #loadInto(entry: PooledWeights): Promise<LoadedWeights> {
    const name = nameOf(entry.weights);
    const startedAt = performance.now();
    try {
      await this.#makeRoom(entry);
      entry.loaded = await loadWeights(this.#options, entry.weights, entry.plan, (bytes) => entry.tell(bytes));
    } catch (error) {
      this.#drop(entry);
      this.#options.observer.failed(name, error);
      throw error;
    }
    this.#options.observer.loaded(name, performance.now() - startedAt, entry.loaded.maxNumSeqs);
    if (entry.claims === 0 || this.#isClosed) this.#idle(entry);
    return entry.loaded;
  }

  async #makeRoom(entry: PooledWeights): Promise<void> {
    const { folder } = entry.weights;
    const { bytes } = entry.plan;
    this.#refuseTooLarge(entry);
    await this.#freed((other) => other.weights.folder === folder);
    const excess = this.#usedBytes() + bytes - this.#options.memoryLimitBytes;
    if (this.#options.memoryLimitBytes > 0 && excess > 0) this.#evict(excess, entry);
    entry.heldBytes = bytes;
    await this.#freed((other) => other.isFreeing);
  }

  #evict(excess: number, wanted: PooledWeights): void {
    const idle = [...this.#entries.values()].filter(({ claims, loaded }) => claims === 0 && loaded);
    if (sumOfBytes(idle) < excess) throw this.#outOfMemory(wanted, this.#usedBytes() - sumOfBytes(idle));
    let left = excess;
    for (const entry of idle) {
      if (left <= 0) break;
      left -= entry.heldBytes;
      this.#retire(entry);
    }
  }

  #refuseTooLarge({ weights, plan }: PooledWeights): void {
    const limit = this.#options.memoryLimitBytes;
    if (limit === 0 || plan.bytes <= limit) return;
    const message =
      `${describeNeed(weights, plan)}, more than the ${megabytes(limit)} for all models (CRIA_MEMORY): raise it, lower ` +
      "CRIA_MAX_MODEL_LEN or take a smaller model";
    throw new InferenceError("MODEL_TOO_LARGE", message, {
      metadata: { modelBytes: `${plan.bytes}`, memoryLimitBytes: `${limit}` },
    });
  }

  #outOfMemory({ weights, plan }: PooledWeights, busyBytes: number): InferenceError {
    const limit = this.#options.memoryLimitBytes;
    const message =
      `${describeNeed(weights, plan)}; models in use hold ${megabytes(busyBytes)} of ${megabytes(limit)} (CRIA_MEMORY): ` +
      "try again when they are idle, or raise it";
    return new InferenceError("OUT_OF_MEMORY_BUDGET", message, {
      metadata: { modelBytes: `${plan.bytes}`, busyBytes: `${busyBytes}`, memoryLimitBytes: `${limit}` },
      retryDelayMs: RETRY_DELAY_MS,
    });
  }

  #usedBytes(): number {
    return sumOfBytes([...this.#entries.values(), ...this.#leaving]);
  }

  #release(entry: PooledWeights): void {
    entry.claims--;
    this.#touch(entry);
    if (entry.claims === 0 && entry.loaded) this.#idle(entry);
  }

  #idle(entry: PooledWeights): void {
    if (entry.isFreeing) return;
    if (entry.keepAliveMs === 0 || this.#leaving.has(entry)) {
      this.#retire(entry);
      return;
    }
    if (entry.keepAliveMs < 0) return;
    entry.timer = setTimeout(() => this.#retire(entry), Math.min(entry.keepAliveMs, MAX_TIMER_MS));
    entry.timer.unref();
  }

  #retire(entry: PooledWeights): void {
    clearTimeout(entry.timer);
    this.#forget(entry);
    this.#leaving.add(entry);
    if (entry.loaded && (entry.claims === 0 || this.#isClosed)) this.#free(entry);
  }

  #free(entry: PooledWeights): void {
    if (entry.isFreeing) return;
    entry.isFreeing = true;
    entry.heldBytes = 0; // Who takes its place waits until it is gone.
    const name = nameOf(entry.weights);
    const closing = entry.loaded!.engine.close();
    closing
      .then(() => this.#options.observer.unloaded(name))
      .catch((error: unknown) => this.#options.observer.failed(name, error))
      .finally(() => this.#drop(entry));
  }

  #drop(entry: PooledWeights): void {
    this.#forget(entry);
    this.#leaving.delete(entry);
    entry.markFreed();
  }

  /** A newer load of the same weights stays. */
  #forget(entry: PooledWeights): void {
    const key = keyOf(entry.weights);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  async #freed(isMeant: (entry: PooledWeights) => boolean): Promise<void> {
    await Promise.all([...this.#leaving].filter(isMeant).map((entry) => entry.freed));
  }
}

function keyOf({ folder, revision }: ModelWeights): string {
  return `${folder}@${revision}`;
}

/** A model that has weights is named as its folder. */
function nameOf({ folder }: ModelWeights): string {
  return basename(folder);
}

/** As "llama takes 90 MiB of weights and 180 MiB of KV cache". */
function describeNeed(weights: ModelWeights, { bytes }: MemoryPlan): string {
  const kvCacheBytes = bytes - weights.weightBytes;
  return `${nameOf(weights)} takes ${megabytes(weights.weightBytes)} of weights and ${megabytes(kvCacheBytes)} of KV cache`;
}

function sumOfBytes(entries: readonly PooledWeights[]): number {
  return entries.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

/** The promise's outcome, or the signal's reason if it aborts first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let onAbort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

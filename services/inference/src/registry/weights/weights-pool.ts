import { InferenceError } from "../../errors.ts";
import { type ModelWeights, weightsKey } from "../../model-folder/model-folder.ts";
import { type LoadedWeights, loadWeights, type WeightsLoader } from "./load-weights.ts";
import { modelTooLarge } from "./memory-errors.ts";
import { MemoryLine } from "./memory-line.ts";
import { type MemoryLimits, planMemory } from "./memory-plan.ts";
import { type Claim, type LoadProgress, PooledWeights, type WeightsState } from "./pooled-weights.ts";

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

/** How weights are claimed. */
export interface AcquireOptions {
  /** Milliseconds they stay once idle; -1 for always. Default: the service's. */
  readonly keepAliveMs?: number | undefined;
  readonly onProgress?: LoadProgress;
  readonly signal?: AbortSignal;
}

/** A claim on weights in memory. */
export interface WeightsLease {
  readonly loaded: LoadedWeights;
  /** Time this claim waited for memory and the load; 0 if they were loaded. */
  readonly loadTimeMs: number;
  release(): void;
}

/** Those who asked for the weights have left before there was memory for them. */
class NobodyWaitsError extends Error {
  override readonly name = "NobodyWaitsError";
}

/** A longer time would overflow Node's timers; it is 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The weights in memory: each loaded once however many ask, within a budget, the least recently used idle ones making
 * room, and gone a while after their last use.
 */
export class WeightsPool {
  readonly #options: WeightsPoolOptions;
  /** All that are in memory or on their way in or out, least recently used first. */
  readonly #entries = new Set<PooledWeights>();
  readonly #line: MemoryLine;
  #isClosed = false;

  constructor(options: WeightsPoolOptions) {
    this.#options = options;
    const evict = (entry: PooledWeights) => this.#retire(entry);
    this.#line = new MemoryLine({ limitBytes: options.memoryLimitBytes, entries: this.#entries, evict });
  }

  /** Loads the weights unless they are. @throws InferenceError OUT_OF_MEMORY_BUDGET, MODEL_TOO_LARGE; the load's own error; the signal's reason */
  async acquire(
    weights: ModelWeights,
    { keepAliveMs, onProgress, signal }: AcquireOptions = {},
  ): Promise<WeightsLease> {
    const askedAt = performance.now();
    signal?.throwIfAborted();
    let entry = this.#entryOf(weights);
    const wasReady = entry.state.type === "ready" && entry.yieldsTo === undefined;
    while (entry.yieldsTo) {
      await untilAborted(entry.yieldsTo, signal);
      entry = this.#entryOf(weights);
    }
    this.#touch(entry);
    // Claimed before it is loaded, so it cannot be evicted between its load and this caller's turn.
    const claim = entry.claim();
    clearTimeout(entry.timer);
    if (keepAliveMs !== undefined) entry.keepAliveMs = keepAliveMs;
    try {
      const loaded = await untilAborted(entry.follow(onProgress), signal);
      const loadTimeMs = wasReady ? 0 : performance.now() - askedAt;
      return { loaded, loadTimeMs, release: once(() => this.#release(entry, claim)) };
    } catch (error) {
      this.#release(entry, claim);
      throw error;
    } finally {
      entry.unfollow(onProgress);
    }
  }

  stateOf(weights: ModelWeights): LoadedWeights | "loading" | undefined {
    const state = this.#claimable(weights)?.state;
    return state?.type === "ready" ? state.loaded : state && "loading";
  }

  /** Frees a folder's weights once nobody claims them. */
  async unload({ folder }: ModelWeights): Promise<void> {
    const meant = [...this.#entries].filter(({ weights }) => weights.folder === folder);
    for (const entry of meant) this.#retire(entry);
    await gone(meant);
  }

  /** Lets go of weights whose files changed or went away. */
  retain(keys: ReadonlySet<string>): void {
    for (const entry of this.#entries) if (!keys.has(weightsKey(entry.weights))) this.#retire(entry);
  }

  /** Frees everything, claimed or not. What is still being loaded is not waited for: it is freed once it is there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const entry of [...this.#entries]) {
      this.#line.leave(entry, closedError());
      this.#retire(entry);
    }
    await gone(this.#allThat("freeing"));
  }

  #entryOf(weights: ModelWeights): PooledWeights {
    if (this.#isClosed) throw closedError();
    const known = this.#claimable(weights);
    if (known === undefined || !hasFailed(known)) return known ?? this.#load(weights);
    this.#retire(known);
    return this.#load(weights);
  }

  #claimable(weights: ModelWeights): PooledWeights | undefined {
    const key = weightsKey(weights);
    return [...this.#entries].find((entry) => entry.isClaimable && weightsKey(entry.weights) === key);
  }

  /** Makes it the one used last. */
  #touch(entry: PooledWeights): void {
    if (this.#entries.delete(entry)) this.#entries.add(entry);
  }

  #load(weights: ModelWeights): PooledWeights {
    const entry = new PooledWeights(weights, planMemory(weights, this.#options), this.#options.keepAliveMs);
    this.#entries.add(entry);
    entry.loading = this.#loadInto(entry);
    // Those who wait hear of a failure themselves; there may be none left.
    entry.loading.catch(() => {});
    return entry;
  }

  async #loadInto(entry: PooledWeights): Promise<LoadedWeights> {
    const name = entry.name;
    const startedAt = performance.now();
    try {
      await this.#makeRoom(entry);
      const loaded = await loadWeights(this.#options, entry.weights, entry.plan, (bytes) => entry.tell(bytes));
      entry.markLoaded(loaded);
      this.#options.observer.loaded(name, performance.now() - startedAt, loaded.maxNumSeqs);
      if (entry.numClaims === 0 || this.#isClosed) this.#idle(entry);
      this.#line.advance();
      return loaded;
    } catch (error) {
      this.#drop(entry);
      if (!(error instanceof NobodyWaitsError)) this.#options.observer.failed(name, error);
      throw error;
    }
  }

  async #makeRoom(entry: PooledWeights): Promise<void> {
    const { folder } = entry.weights;
    const { memoryLimitBytes } = this.#options;
    if (entry.plan.bytes > memoryLimitBytes) throw modelTooLarge(entry, memoryLimitBytes);
    await gone([...this.#entries].filter((other) => !other.isClaimable && other.weights.folder === folder));
    this.#requireWanted(entry);
    await this.#line.enter(entry);
    this.#requireWanted(entry);
    await gone(this.#allThat("freeing"));
    this.#requireWanted(entry);
  }

  /** Once begun, a load cannot be cut short: it must not begin for nobody. */
  #requireWanted(entry: PooledWeights): void {
    if (this.#isClosed) throw closedError();
    if (entry.numClaims > 0) return;
    entry.markLeaving();
    throw new NobodyWaitsError();
  }

  #allThat(type: WeightsState["type"]): PooledWeights[] {
    return [...this.#entries].filter(({ state }) => state.type === type);
  }

  #release(entry: PooledWeights, claim: Claim): void {
    const wasWaitedFor = entry.letGo(claim);
    this.#touch(entry);
    if (hasFailed(entry)) this.#retire(entry);
    if (entry.numClaims > 0) {
      if (wasWaitedFor) this.#line.advance();
      return;
    }
    if (this.#line.leave(entry, new NobodyWaitsError())) entry.markLeaving();
    this.#idle(entry);
    this.#line.advance();
  }

  /** Nobody claims it: it goes now, later, or never. */
  #idle(entry: PooledWeights): void {
    const { state, keepAliveMs } = entry;
    if (state.type === "loading" || state.type === "freeing") return;
    if (keepAliveMs === 0 || state.type === "leaving") {
      this.#retire(entry);
      return;
    }
    if (keepAliveMs < 0) return;
    entry.timer = setTimeout(() => this.#retire(entry), Math.min(keepAliveMs, MAX_TIMER_MS));
    entry.timer.unref();
  }

  #retire(entry: PooledWeights): void {
    entry.markLeaving();
    const { state, numClaims } = entry;
    if (state.type !== "leaving") return;
    // What failed ends by itself what is still asked of it.
    const isOfUse = numClaims > 0 && state.loaded.generator.health !== "failed";
    if (!isOfUse || this.#isClosed) this.#free(entry, state.loaded);
  }

  #free(entry: PooledWeights, { generator }: LoadedWeights): void {
    entry.state = { type: "freeing" };
    entry.heldBytes = 0; // Who takes its place waits until it is gone.
    const name = entry.name;
    generator
      .close()
      .then(() => this.#options.observer.unloaded(name))
      .catch((error: unknown) => this.#options.observer.failed(name, error))
      .finally(() => this.#drop(entry));
  }

  #drop(entry: PooledWeights): void {
    this.#entries.delete(entry);
    entry.markFreed();
    this.#line.advance();
  }
}

/** Its generator gave up: only another load helps. */
function hasFailed({ state }: PooledWeights): boolean {
  return state.type === "ready" && state.loaded.generator.health === "failed";
}

async function gone(entries: readonly PooledWeights[]): Promise<void> {
  await Promise.all(entries.map((entry) => entry.freed));
}

function closedError(): InferenceError {
  return new InferenceError("DRAINING", "the service is stopping: ask another");
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
  signal.throwIfAborted();
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

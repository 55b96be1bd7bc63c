import { InferenceError } from "../errors.ts";
import type { InferenceEngine } from "../inference-engine.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { ModelWeights } from "./folder/model-folder.ts";
import { type CatalogModel, ModelCatalog } from "./model-catalog.ts";
import type { ModelDescription, ModelState } from "./model-description.ts";
import { modelNotFound } from "./nearest-names.ts";
import { type WeightsLease, WeightsPool, type WeightsPoolOptions } from "./weights/weights-pool.ts";

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
   * @throws InferenceError MODEL_NOT_FOUND, MODEL_BROKEN, OUT_OF_MEMORY_BUDGET, MODEL_TOO_LARGE
   */
  acquire(name: string, options?: AcquireOptions): Promise<ModelLease>;
  /** Waits for the model's leases, then frees its memory. */
  unload(name: string): Promise<void>;
  /** The loaded models that hold weights, for load reports. */
  loaded(): readonly LoadedModel[];
  /** Frees everything. A load cannot be cut short: it ends by itself, later, and is freed then. */
  close(): Promise<void>;
}

export interface AcquireOptions {
  /** Milliseconds it stays once idle; -1 for always. Default: the service's. */
  readonly keepAliveMs?: number | undefined;
  readonly onProgress?: LoadProgress;
  readonly signal?: AbortSignal;
}

export interface ModelRegistryOptions extends WeightsPoolOptions {
  /** The folder of the model folders. */
  readonly modelsDir: string;
  /** The model for those who name none; where it does not exist, the first by name that works takes its place. */
  readonly defaultModel: string;
}

/** The models of a folder. Folders that come, change or go are noticed as it runs. */
export function createModelRegistry(options: ModelRegistryOptions): ModelRegistry {
  return new FolderModelRegistry(options);
}

/** Looking at a dozen folders takes a millisecond: too much for each of many requests, nothing once a second. */
const REFRESH_INTERVAL_MS = 1_000;

class FolderModelRegistry implements ModelRegistry {
  readonly #options: ModelRegistryOptions;
  readonly #catalog: ModelCatalog;
  readonly #pool: WeightsPool;
  /** What is wrong with a folder's weights that a load found. When a file changes, the folder's weights are others. */
  readonly #failures = new WeakMap<ModelWeights, string>();
  #refreshedAt = performance.now();

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
    this.#catalog = new ModelCatalog(options.modelsDir, options.maxModelLen);
    this.#pool = new WeightsPool(options);
  }

  list(): readonly ModelDescription[] {
    this.#refresh();
    return [...this.#catalog.models.values()].map((model) => this.#describe(model));
  }

  get(name: string): ModelDescription {
    return this.#describe(this.#find(name));
  }

  async acquire(name: string, options: AcquireOptions = {}): Promise<ModelLease> {
    const startedAt = performance.now();
    const model = this.#find(name);
    const weights = this.#weightsOf(model);
    const wasLoaded = typeof this.#pool.stateOf(weights) === "object";
    const { loaded, release } = await this.#load(model, weights, options);
    const { tokenizer, engine } = loaded;
    return {
      model: { description: this.#describe(model), tokenizer, engine },
      loadTimeMs: wasLoaded ? 0 : performance.now() - startedAt,
      release,
    };
  }

  async unload(name: string): Promise<void> {
    const { weights } = this.#find(name);
    if (weights) await this.#pool.unload(weights);
  }

  loaded(): readonly LoadedModel[] {
    return [...this.#catalog.models.values()].flatMap((model) => {
      const state = model.base === undefined && model.weights ? this.#pool.stateOf(model.weights) : undefined;
      if (typeof state !== "object") return [];
      return [{ description: this.#describe(model), tokenizer: state.tokenizer, engine: state.engine }];
    });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #load(model: CatalogModel, weights: ModelWeights, options: AcquireOptions): Promise<WeightsLease> {
    try {
      return await this.#pool.acquire(weights, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      if (error instanceof InferenceError && error.code !== "MODEL_BROKEN") throw error;
      const fault = error instanceof Error ? error.message : String(error);
      // Anything else is the machine's, as too many open files: it may be over at the next request.
      if (error instanceof InferenceError) this.#failures.set(weights, fault);
      throw broken(model, fault, error);
    }
  }

  #find(name: string): CatalogModel {
    this.#refresh();
    const model = this.#catalog.models.get(name) ?? this.#findNew(name);
    if (model) return model;
    const usable = this.list().filter(({ state }) => state !== "broken");
    throw modelNotFound(
      name,
      usable.map((candidate) => candidate.name),
    );
  }

  /** It may have come a moment ago. */
  #findNew(name: string): CatalogModel | undefined {
    this.#refresh(0);
    return this.#catalog.models.get(name);
  }

  #refresh(intervalMs = REFRESH_INTERVAL_MS): void {
    if (performance.now() - this.#refreshedAt < intervalMs) return;
    this.#refreshedAt = performance.now();
    if (!this.#catalog.refresh()) return;
    this.#pool.retain([...this.#catalog.models.values()].flatMap(({ weights }) => weights ?? []));
  }

  #weightsOf(model: CatalogModel): ModelWeights {
    if (model.weights && !this.#failures.has(model.weights)) return model.weights;
    throw broken(model, this.#faultOf(model));
  }

  #faultOf({ faults, weights }: CatalogModel): string | undefined {
    return faults.length > 0 ? faults.join("; ") : weights && this.#failures.get(weights);
  }

  #describe(model: CatalogModel): ModelDescription {
    const { weights, faults, ...known } = model;
    const error = this.#faultOf(model);
    const held = weights && this.#pool.stateOf(weights);
    const loaded = held === "loading" ? undefined : held;
    const state: ModelState = loaded ? "loaded" : held ? "loading" : "available";
    return {
      ...known,
      state: error === undefined ? state : "broken",
      error,
      eosToken: known.eosToken || (loaded?.tokenizer.eosToken ?? ""),
      device: loaded?.device ?? "",
      memoryBytes: loaded && known.base === undefined ? loaded.memoryBytes : 0,
      maxNumSeqs: loaded?.maxNumSeqs ?? 0,
      isDefault: known.name === this.#defaultName(),
    };
  }

  #defaultName(): string | undefined {
    const { defaultModel } = this.#options;
    const { models } = this.#catalog;
    if (models.has(defaultModel)) return defaultModel;
    return [...models.values()].find((model) => this.#faultOf(model) === undefined)?.name;
  }
}

function broken({ name }: CatalogModel, fault: string | undefined, cause?: unknown): InferenceError {
  const message = `model "${name}" cannot be loaded: ${fault}`;
  return new InferenceError("MODEL_BROKEN", message, { cause, metadata: { model: name } });
}

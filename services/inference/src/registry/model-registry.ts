import { InferenceError } from "../errors.ts";
import type { Generator, GeneratorLoad, TokenCount } from "../generation/generator.ts";
import { type ModelWeights, weightsKey } from "../model-folder/model-folder.ts";
import { countTokens, type PromptSegment, textBytes } from "../text/prompt-encoder.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { CountLimit } from "./admission/count-limit.ts";
import { LoadLimit } from "./admission/load-limit.ts";
import { TicketDesk, type TicketLimits, type TicketRequest } from "./admission/ticket-desk.ts";
import { type CatalogModel, chooseDefault, ModelCatalog } from "./model-catalog.ts";
import type { ModelDescription, ModelState } from "./model-description.ts";
import { ModelFaults } from "./model-faults.ts";
import { modelNotFound } from "./nearest-names.ts";
import { TokenizerCache } from "./tokenizer-cache.ts";
import type { LoadedWeights } from "./weights/load-weights.ts";
import { planMemory } from "./weights/memory-plan.ts";
import { type AcquireOptions, WeightsPool, type WeightsPoolOptions } from "./weights/weights-pool.ts";

/** A model in memory. */
export interface LoadedModel {
  readonly description: ModelDescription;
  /** Shared by all models over the same weights. */
  readonly generator: Generator;
}

/** How busy a model is, and all that share its weights. */
export interface ModelLoad {
  readonly description: ModelDescription;
  /** Those count as waiting too who wait for its load or for their text to be read. */
  readonly load: GeneratorLoad;
}

/** A claim on a loaded model: it stays in memory until released, and `keepAlive` longer. */
export interface ModelLease {
  readonly model: LoadedModel;
  /** Aborts as the claimant's does; with QUEUE_FULL when its place is given to a tenant that holds less. */
  readonly signal: AbortSignal;
  /** Time this claim waited for memory and the load; 0 if it was loaded. */
  readonly loadTimeMs: number;
  /** The request runs: it waits no longer, and its text is needed no more. */
  admit(): void;
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
   * @throws InferenceError QUEUE_FULL at once, MODEL_NOT_FOUND, MODEL_BROKEN, OUT_OF_MEMORY_BUDGET, MODEL_TOO_LARGE
   */
  acquire(name: string, options?: AcquireModelOptions): Promise<ModelLease>;
  /**
   * Counts tokens as the model does, without loading its weights.
   * @throws InferenceError QUEUE_FULL at once, MODEL_NOT_FOUND, MODEL_BROKEN; the signal's reason when it aborts
   */
  countTokens(name: string, segments: readonly PromptSegment[], signal?: AbortSignal): Promise<TokenCount>;
  /** Waits for the model's leases, then frees its memory. */
  unload(name: string): Promise<void>;
  /** Of the models that own weights, those that are loaded or waited for. */
  loads(): readonly ModelLoad[];
  /** Frees everything. A load cannot be cut short: it ends by itself, later, and is freed then. */
  close(): Promise<void>;
}

export interface AcquireModelOptions extends AcquireOptions {
  /** What waits for the model, to be counted among those that may. Default: nothing but the load. */
  readonly request?: TicketRequest;
}

export interface ModelRegistryOptions
  extends Omit<WeightsPoolOptions, "openTokenizer">,
    Omit<TicketLimits, "maxRunning"> {
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
  readonly #tokenizers = new TokenizerCache();
  readonly #pool: WeightsPool;
  readonly #faults = new ModelFaults();
  readonly #loading = new LoadLimit();
  readonly #counting = new CountLimit();
  /** Those who wait for weights, loaded or not, by the weights' key. */
  readonly #desks = new Map<string, TicketDesk>();
  #refreshedAt = performance.now();

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
    this.#catalog = new ModelCatalog(options.modelsDir, options.maxModelLen);
    this.#pool = new WeightsPool({ ...options, openTokenizer: (weights) => this.#tokenizers.get(weights) });
  }

  list(): readonly ModelDescription[] {
    this.#refresh();
    return [...this.#catalog.models.values()].map((model) => this.#describe(model));
  }

  get(name: string): ModelDescription {
    return this.#describe(this.#find(name));
  }

  async acquire(name: string, { request, ...options }: AcquireModelOptions = {}): Promise<ModelLease> {
    const model = this.#find(name);
    const weights = this.#weightsOf(model);
    const ticket = request ? this.#desk(weights).take(request) : this.#loading.take();
    const signal = options.signal ? AbortSignal.any([ticket.signal, options.signal]) : ticket.signal;
    try {
      const load = this.#pool.acquire(weights, { ...options, signal });
      const { loaded, loadTimeMs, release } = await this.#tellingFaults(model, weights, load, signal);
      this.#faults.loaded(weights);
      this.#faults.noteHealth(weights, loaded.generator.health);
      return {
        model: { description: this.#describe(model), generator: loaded.generator },
        signal,
        loadTimeMs,
        admit: ticket.admit,
        release: () => {
          this.#faults.noteHealth(weights, loaded.generator.health);
          release();
          ticket.release();
        },
      };
    } catch (error) {
      ticket.release();
      throw error;
    }
  }

  async countTokens(name: string, segments: readonly PromptSegment[], signal?: AbortSignal): Promise<TokenCount> {
    const model = this.#find(name);
    const weights = this.#weightsOf(model);
    return await this.#counting.run(textBytes(segments), async () => {
      const tokenizer = await this.#tellingFaults(model, weights, this.#tokenizerOf(weights));
      return await countTokens(tokenizer, segments, signal);
    });
  }

  /** A loaded model has its own. */
  async #tokenizerOf(weights: ModelWeights): Promise<Tokenizer> {
    const held = this.#pool.stateOf(weights);
    return typeof held === "object" ? held.tokenizer : this.#tokenizers.get(weights);
  }

  async unload(name: string): Promise<void> {
    const { weights } = this.#find(name);
    if (weights) await this.#pool.unload(weights);
  }

  loads(): readonly ModelLoad[] {
    return [...this.#catalog.models.values()].flatMap((model) => {
      const load = model.base === undefined && model.weights ? this.#loadOf(model.weights) : undefined;
      return load ? [{ description: this.#describe(model), load }] : [];
    });
  }

  #loadOf(weights: ModelWeights): GeneratorLoad | undefined {
    const { numWaiting: waiting, numWaitingTenants: waitingTenants } = this.#desk(weights);
    const held = this.#pool.stateOf(weights);
    if (typeof held === "object") return { ...held.generator.load(), waiting, waitingTenants };
    if (waiting === 0) return undefined;
    const { maxNumSeqs } = planMemory(weights, this.#options);
    const { maxWaiting } = this.#options;
    return { running: 0, waiting, waitingTokens: 0, waitingTenants, maxNumSeqs, maxWaiting, kvCacheUsage: 0 };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #desk(weights: ModelWeights): TicketDesk {
    const key = weightsKey(weights);
    const known = this.#desks.get(key);
    if (known) return known;
    const desk = new TicketDesk({ ...this.#options, maxRunning: planMemory(weights, this.#options).maxNumSeqs });
    this.#desks.set(key, desk);
    return desk;
  }

  /** What is wrong with the model's files is told with its name, and remembered. */
  async #tellingFaults<T>(
    model: CatalogModel,
    weights: ModelWeights,
    loading: Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await loading;
    } catch (error) {
      if (signal?.aborted) throw error;
      if (error instanceof InferenceError && error.code !== "MODEL_BROKEN") throw error;
      const fault = error instanceof Error ? error.message : String(error);
      // Anything else is the machine's, as too many open files: it may be over at the next request.
      if (error instanceof InferenceError) this.#faults.loadFailed(weights, fault);
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
    const current = [...this.#catalog.models.values()].flatMap(({ weights }) => weights ?? []);
    const keys = new Set(current.map(weightsKey));
    this.#tokenizers.retain(keys);
    this.#pool.retain(keys);
    this.#faults.retain(keys);
    for (const [key, desk] of this.#desks) if (desk.isIdle && !keys.has(key)) this.#desks.delete(key);
  }

  #weightsOf(model: CatalogModel): ModelWeights {
    if (model.weights && this.#faults.mayLoad(model.weights)) return model.weights;
    throw broken(model, this.#faultOf(model));
  }

  #faultOf({ faults, weights }: CatalogModel): string | undefined {
    return faults.length > 0 ? faults.join("; ") : this.#faults.ofLoad(weights);
  }

  #describe(model: CatalogModel): ModelDescription {
    const { weights, faults, ...known } = model;
    const fault = this.#faultOf(model);
    const held = weights && this.#pool.stateOf(weights);
    const loaded = held === "loading" ? undefined : held;
    return {
      ...known,
      state: fault === undefined ? stateOf(held) : "broken",
      error: fault ?? this.#faults.ofPasses(weights),
      eosToken: known.eosToken || (loaded?.tokenizer.eosToken ?? ""),
      device: loaded?.device ?? "",
      memoryBytes: loaded && known.base === undefined ? loaded.memoryBytes : 0,
      maxNumSeqs: loaded?.maxNumSeqs ?? 0,
      isDefault: known.name === this.#defaultName(),
    };
  }

  #defaultName(): string | undefined {
    const { defaultModel } = this.#options;
    return chooseDefault(
      [...this.#catalog.models.values()],
      defaultModel,
      (model) => this.#faultOf(model) === undefined,
    );
  }
}

function stateOf(held: LoadedWeights | "loading" | undefined): ModelState {
  if (held === undefined) return "available";
  return held === "loading" ? "loading" : "loaded";
}

function broken({ name }: CatalogModel, fault: string | undefined, cause?: unknown): InferenceError {
  const message = `model "${name}" cannot be loaded: ${fault}`;
  return new InferenceError("MODEL_BROKEN", message, { cause, metadata: { model: name } });
}

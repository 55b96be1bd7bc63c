import type { EngineModel, TokenDecoder } from "../engine/generation.ts";
import { InferenceError } from "../errors.ts";
import { createInferenceEngine } from "../inference-engine.ts";
import { FakeModelRunner, type FakeModelRunnerOptions } from "../runtime/fake-model-runner.ts";
import { createByteTokenizer } from "../text/byte-tokenizer.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { ModelDescription } from "./model-description.ts";
import type { AcquireOptions, LoadedModel, ModelLease, ModelRegistry } from "./model-registry.ts";

export interface FakeModelRegistryOptions {
  /** What the model answers to everything, before its end-of-sequence token. Default "Hello!". */
  readonly reply?: string;
  readonly runner?: FakeModelRunnerOptions;
  /** Default 8. */
  readonly maxWaiting?: number;
  /** Awaited by each load. */
  readonly beforeLoad?: () => Promise<void>;
}

/** The registry's models: one that works, one over its weights, one that is broken. */
export const FAKE_MODELS = ["broken", "fake", "fake-variant"] as const;
const WEIGHT_BYTES = 1000;

/** A registry without files: a real engine over a fake runner, and leases that are counted. */
export class FakeModelRegistry implements ModelRegistry {
  readonly #options: FakeModelRegistryOptions;
  readonly #tokenizer = createByteTokenizer();
  #loaded: LoadedModel | undefined;
  #leases = 0;

  constructor(options: FakeModelRegistryOptions = {}) {
    this.#options = options;
  }

  /** Claims that were not released. */
  get leases(): number {
    return this.#leases;
  }

  list(): readonly ModelDescription[] {
    return FAKE_MODELS.map((name) => this.get(name));
  }

  get(name: string): ModelDescription {
    const found = FAKE_MODELS.find((known) => known === name);
    if (!found)
      throw new InferenceError("MODEL_NOT_FOUND", `no model is called ${name}`, { metadata: { nearest: "fake" } });
    return describe(found, this.#loaded !== undefined);
  }

  async acquire(name: string, options: AcquireOptions = {}): Promise<ModelLease> {
    if (this.get(name).state === "broken") throw new InferenceError("MODEL_BROKEN", "the model broken has no weights");
    const loadTimeMs = this.#loaded ? 0 : 5;
    await this.#options.beforeLoad?.();
    options.signal?.throwIfAborted();
    options.onProgress?.(WEIGHT_BYTES / 2, WEIGHT_BYTES);
    this.#loaded ??= this.#load();
    this.#leases++;
    const model = { ...this.#loaded, description: this.get(name) };
    return { model, loadTimeMs, release: () => void this.#leases-- };
  }

  async unload(name: string): Promise<void> {
    this.get(name);
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.engine.close();
  }

  loaded(): readonly LoadedModel[] {
    return this.#loaded ? [this.#loaded] : [];
  }

  async close(): Promise<void> {
    await this.#loaded?.engine.close();
  }

  #load(): LoadedModel {
    const reply = [...Buffer.from(this.#options.reply ?? "Hello!")];
    const [eos] = this.#tokenizer.eosTokenIds;
    const runner = new FakeModelRunner({
      vocabSize: this.#tokenizer.vocabSize,
      maxModelLen: 64,
      next: (_, sampled) => reply[sampled.length] ?? eos!,
      ...this.#options.runner,
    });
    const engine = createInferenceEngine({
      runner,
      model: engineModel(this.#tokenizer),
      maxWaiting: this.#options.maxWaiting ?? 8,
      maxWaitingTokens: 1000,
    });
    return { description: describe("fake", true), tokenizer: this.#tokenizer, engine };
  }
}

function engineModel(tokenizer: Tokenizer): EngineModel {
  return {
    eosTokenIds: tokenizer.eosTokenIds,
    createDecoder: () => byteDecoder(tokenizer),
    tokenText: (tokenId) => tokenizer.tokenText(tokenId),
  };
}

function byteDecoder(tokenizer: Tokenizer): TokenDecoder {
  const decoder = new TextDecoder();
  return {
    push: (tokenId) => decoder.decode(tokenizer.tokenBytes(tokenId), { stream: true }),
    flush: () => decoder.decode(),
  };
}

function describe(name: (typeof FAKE_MODELS)[number], isLoaded: boolean): ModelDescription {
  const isBroken = name === "broken";
  return {
    name,
    description: `The model ${name}.`,
    base: name === "fake-variant" ? "fake" : undefined,
    state: isBroken ? "broken" : isLoaded ? "loaded" : "available",
    error: isBroken ? "it has no weights" : undefined,
    promptFormat: { type: "completion" },
    chatTemplate: "",
    system: "",
    stop: [],
    sampling: {
      repetitionPenalty: 1,
      frequencyPenalty: 0,
      presencePenalty: 0,
      temperature: 0,
      topK: 0,
      topP: 1,
      minP: 0,
    },
    maxTokens: 16,
    maxModelLen: 64,
    bosToken: "<s>",
    eosToken: "</s>",
    licence: "Apache-2.0",
    device: isLoaded ? "cpu" : "",
    memoryBytes: isLoaded && name === "fake" ? WEIGHT_BYTES : 0,
    weightBytes: WEIGHT_BYTES,
    revision: "0123456789ab",
    isDefault: name === "fake",
  };
}

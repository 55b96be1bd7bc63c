import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeModelRunner, type FakeModelRunnerOptions } from "../engine/fake-model-runner.fixture.ts";
import type { EngineModel } from "../engine/generation.ts";
import type { StepPlan } from "../engine/step-plan.ts";
import { engineModel } from "../generation/engine-model.ts";
import { InferenceEngine } from "../generation/inference-engine.ts";
import { createLocalGenerator } from "../generation/local-generator.ts";
import { TINY_TOKENIZER, writeFiles, writeModelFolder } from "../model-folder/model-folder.fixture.ts";
import { createModelRegistry, type ModelRegistry } from "./model-registry.ts";

export interface TestRegistryOptions {
  /** What the model answers to everything, before its end-of-sequence token. Default "Hello!". */
  readonly reply?: string;
  readonly runner?: FakeModelRunnerOptions;
  /** Default 8. */
  readonly maxWaiting?: number;
  /** Default 4. */
  readonly maxNumSeqs?: number;
  /** Makes the engine's model another. */
  readonly model?: (model: EngineModel) => EngineModel;
  /** Awaited by each load. */
  readonly beforeLoad?: () => Promise<void>;
}

/** A registry that counts its leases. */
export interface TestRegistry extends ModelRegistry {
  /** Claims that were not released. */
  readonly leases: number;
}

const BOS = 257;
const EOS = 256;
const TOKENIZER = {
  ...TINY_TOKENIZER,
  added_tokens: [
    { id: EOS, content: "</s>", special: true },
    { id: BOS, content: "<s>", special: true },
  ],
};
const CONFIG = { bos_token: "<s>", add_bos_token: true, eos_token: "</s>" };
const MANIFEST = {
  description: "A fake model",
  licence: "Apache-2.0",
  sampling: { temperature: 0, topP: 1 },
  maxTokens: 16,
  maxModelLen: 64,
};

/**
 * The registry over a folder of its own: "fake", which a fake runner computes a token a byte, "fake-variant" over its weights
 * with a context of 24, and "broken". The close function frees and removes everything.
 */
export function openTestRegistry(options: TestRegistryOptions = {}): {
  registry: TestRegistry;
  close(): Promise<void>;
} {
  const modelsDir = mkdtempSync(join(tmpdir(), "cria-registry-"));
  const files = { "tokenizer.json": TOKENIZER, "tokenizer_config.json": CONFIG };
  writeModelFolder(modelsDir, "fake", { ...files, "cria.json": MANIFEST });
  writeModelFolder(modelsDir, "broken", { "tokenizer.json": undefined });
  writeFiles(join(modelsDir, "fake-variant"), { "cria.json": { base: "fake", maxModelLen: 24 } });
  let letGo = () => {};
  const closing = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const { beforeRun } = options.runner ?? {};
  // A pass that a test holds for ever ends here.
  const runner = { ...options.runner, beforeRun: (plan: StepPlan) => Promise.race([beforeRun?.(plan), closing]) };
  const registry = countLeases(createRegistry(modelsDir, { ...options, runner }));
  return {
    registry,
    async close() {
      letGo();
      await registry.close();
      rmSync(modelsDir, { recursive: true });
    },
  };
}

function createRegistry(
  modelsDir: string,
  { reply = "Hello!", maxWaiting = 8, maxNumSeqs = 4, model = (own) => own, ...options }: TestRegistryOptions,
) {
  const replyTokenIds = [...Buffer.from(reply)];
  return createModelRegistry({
    modelsDir,
    defaultModel: "fake",
    memoryLimitBytes: 1e12,
    maxNumSeqs,
    maxWaiting,
    maxWaitingBytes: 1e6,
    keepAliveMs: -1,
    observer: { loaded: () => {}, unloaded: () => {}, failed: () => {} },
    loadRunner: async (_, { maxModelLen, maxNumSeqs }) => {
      await options.beforeLoad?.();
      const next = (_: readonly number[], sampled: readonly number[]) => replyTokenIds[sampled.length] ?? EOS;
      const runner = new FakeModelRunner({ vocabSize: BOS + 1, maxModelLen, maxNumSeqs, next, ...options.runner });
      return Object.assign(runner, { memoryBytes: 1000, device: "cpu" });
    },
    createGenerator: ({ runner, tokenizer }) => {
      const engine = new InferenceEngine({
        runner,
        model: model(engineModel(tokenizer)),
        maxWaiting,
        maxWaitingTokens: 1000,
      });
      return createLocalGenerator({ tokenizer, engine });
    },
  });
}

function countLeases(registry: ModelRegistry): TestRegistry {
  let leases = 0;
  return {
    get leases() {
      return leases;
    },
    list: () => registry.list(),
    get: (name) => registry.get(name),
    unload: (name) => registry.unload(name),
    loads: () => registry.loads(),
    countTokens: (name, segments, signal) => registry.countTokens(name, segments, signal),
    close: () => registry.close(),
    async acquire(name, options) {
      const lease = await registry.acquire(name, options);
      leases++;
      const release = () => {
        leases--;
        lease.release();
      };
      return { ...lease, release };
    },
  };
}

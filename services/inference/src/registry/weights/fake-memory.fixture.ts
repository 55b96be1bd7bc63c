import { basename } from "node:path";
import type { InferenceError } from "../../errors.ts";
import type { Generator, GeneratorLoad } from "../../generation/generator.ts";
import type { ModelRegistry, ModelRegistryOptions } from "../model-registry.ts";

const IDLE: GeneratorLoad = {
  running: 0,
  waiting: 0,
  waitingTokens: 0,
  waitingTenants: 0,
  maxNumSeqs: 4,
  maxWaiting: 8,
  kvCacheUsage: 0,
};

/** Counts what is in memory; loads wait at `gate` if there is one. */
export class FakeMemory {
  readonly log: string[] = [];
  readonly loaded = new Set<string>();
  most = 0;
  gate: Promise<void> | undefined;
  failure: Error | undefined;

  readonly loader: Pick<ModelRegistryOptions, "loadRunner" | "createGenerator" | "observer"> = {
    loadRunner: async ({ folder }, { maxModelLen, maxNumSeqs }) => {
      await this.gate;
      if (this.failure) throw this.failure;
      const name = basename(folder);
      this.log.push(`load ${name}`);
      this.loaded.add(name);
      this.most = Math.max(this.most, this.loaded.size);
      const run = async () => new Float32Array(257);
      return {
        name,
        vocabSize: 257,
        maxNumSeqs,
        maxModelLen,
        memoryBytes: 5000,
        device: "cpu",
        run,
        close: async () => {},
      };
    },
    createGenerator: ({ runner }) => {
      const { name } = runner as unknown as { name: string };
      return { load: () => IDLE, close: async () => this.#free(name) } as Partial<Generator> as Generator;
    },
    observer: { loaded: () => {}, unloaded: () => {}, failed: () => {} },
  };

  #free(name: string) {
    this.loaded.delete(name);
    this.log.push(`free ${name}`);
  }
}

/** Claims a model and lets it go. */
export async function use(models: ModelRegistry, name: string, options = {}): Promise<void> {
  (await models.acquire(name, options)).release();
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<InferenceError> {
  const outcome = await promise.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  return outcome as InferenceError;
}

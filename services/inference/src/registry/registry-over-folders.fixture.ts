import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createModelRegistry, type ModelRegistry, type ModelRegistryOptions } from "./model-registry.ts";
import type { FakeMemory } from "./weights/fake-memory.fixture.ts";

/**
 * A folder for the models of a test, there once one is written, and the way to start registries over it that load into a fake
 * memory: unless told otherwise "llama" is the default model, all models fit in memory and idle models stay. `clean`, to be called
 * after each test, closes them and removes the folder.
 */
export function registryOverFolders() {
  const modelsDir = join(tmpdir(), `cria-models-${randomUUID()}`);
  const started: ModelRegistry[] = [];

  function start(memory: FakeMemory, options: Partial<ModelRegistryOptions> = {}): ModelRegistry {
    const registry = createModelRegistry({
      modelsDir,
      defaultModel: "llama",
      memoryLimitBytes: 1e12,
      maxNumSeqs: 4,
      keepAliveMs: -1,
      maxWaiting: 8,
      maxWaitingBytes: 1000,
      ...memory.loader,
      ...options,
    });
    started.push(registry);
    return registry;
  }

  async function clean(): Promise<void> {
    await Promise.all(started.splice(0).map((registry) => registry.close()));
    rmSync(modelsDir, { recursive: true, force: true });
  }

  return { modelsDir, start, clean };
}

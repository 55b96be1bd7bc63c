import type { GeneratorHealth } from "../generation/pass-health.ts";
import { type ModelWeights, weightsKey } from "../model-folder/model-folder.ts";

interface LoadFailure {
  readonly fault: string;
  /** As `performance.now()` tells it. */
  readonly at: number;
}

/**
 * A load that failed is tried again after this long: it may have been a device's fault that passes, which no message tells for
 * sure from a fault of the files.
 */
const RETRY_LOAD_MS = 60_000;

const FAILING = "its forward passes fail again and again; each few that do, it is loaded anew";

/** What is wrong with weights that their files do not tell. When a file of them changes, the folder's weights are others. */
export class ModelFaults {
  readonly #failedLoads = new Map<string, LoadFailure>();
  readonly #failing = new Set<string>();

  loadFailed(weights: ModelWeights, fault: string): void {
    this.#failedLoads.set(weightsKey(weights), { fault, at: performance.now() });
  }

  loaded(weights: ModelWeights): void {
    this.#failedLoads.delete(weightsKey(weights));
  }

  /** Takes over how a generator of the weights does. One that failed is told of until another is there: its load tried passes. */
  noteHealth(weights: ModelWeights, health: GeneratorHealth): void {
    if (health === "failed") this.#failing.add(weightsKey(weights));
    else this.#failing.delete(weightsKey(weights));
  }

  mayLoad(weights: ModelWeights): boolean {
    const failure = this.#failedLoads.get(weightsKey(weights));
    return failure === undefined || performance.now() - failure.at >= RETRY_LOAD_MS;
  }

  /** Why they could not be loaded. */
  ofLoad(weights: ModelWeights | undefined): string | undefined {
    return weights && this.#failedLoads.get(weightsKey(weights))?.fault;
  }

  /** Why they do not work, though they can be loaded. */
  ofPasses(weights: ModelWeights | undefined): string | undefined {
    return weights && this.#failing.has(weightsKey(weights)) ? FAILING : undefined;
  }

  /** Forgets what was wrong with weights that changed or went away. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#failedLoads.keys()) if (!keys.has(key)) this.#failedLoads.delete(key);
    for (const key of this.#failing) if (!keys.has(key)) this.#failing.delete(key);
  }
}

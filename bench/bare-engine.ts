import { join } from "node:path";
import { ROOT } from "../deploy/settings.ts";
import type { ModelRunner } from "../services/inference/src/engine/model-runner.ts";
import { loadOnnxModelRunner } from "../services/inference/src/runtime/onnx-model-runner.ts";
import { MODEL } from "./service.ts";

const MAX_NUM_SEQS = 16;
/** The service's default. */
const MAX_MODEL_LEN = 4096;

export interface BareEngineOptions {
  /** Default: the bundled model's. */
  readonly folder?: string;
  /** Threads of a pass. Default: the physical cores. */
  readonly numThreads?: number;
}

/** The model runner alone: no scheduler, no sampling, no text, no gRPC. What the service is measured against. */
export function loadBareEngine({ folder = join(ROOT, "models", MODEL), numThreads }: BareEngineOptions = {}) {
  const graphFile = join(folder, "model.onnx");
  return loadOnnxModelRunner({
    graphFile,
    numThreads,
    maxNumSeqs: MAX_NUM_SEQS,
    maxModelLen: MAX_MODEL_LEN,
    device: "cpu",
  });
}

/** Chunks that compute fastest on a CPU. */
const CHUNK_TOKENS = 64;

/** Tokens a second of reading one prompt, in chunks. */
export async function barePrefillRate(runner: ModelRunner, promptTokens: number): Promise<number> {
  const startedAt = performance.now();
  for (let start = 0; start < promptTokens; start += CHUNK_TOKENS) {
    const length = Math.min(CHUNK_TOKENS, promptTokens - start);
    const tokenIds = Array.from({ length }, (_, index) => 100 + start + index);
    await runner.run({ moves: [], rows: [{ row: 0, numComputedTokens: start, tokenIds, numLogits: 1 }] });
  }
  return (promptTokens * 1000) / (performance.now() - startedAt);
}

export interface DecodeLoop {
  readonly batch: number;
  readonly promptTokens: number;
  readonly steps: number;
  /** Milliseconds of whatever is to count. Default: `performance.now`. */
  readonly clock?: () => number;
}

/** Tokens a second of `steps` decode steps of a batch, after prompts of `promptTokens`. The token fed in is always the same. */
export async function bareDecodeRate(
  runner: ModelRunner,
  { batch, promptTokens, steps, clock = () => performance.now() }: DecodeLoop,
): Promise<number> {
  const tokenIds = Array.from({ length: promptTokens }, (_, index) => 100 + index);
  for (let row = 0; row < batch; row++)
    await runner.run({ moves: [], rows: [{ row, numComputedTokens: 0, tokenIds, numLogits: 1 }] });
  const startedAt = clock();
  for (let step = 0; step < steps; step++) {
    const newest = { numComputedTokens: promptTokens + step, tokenIds: [100], numLogits: 1 };
    await runner.run({ moves: [], rows: Array.from({ length: batch }, (_, row) => ({ row, ...newest })) });
  }
  return (batch * steps * 1000) / (clock() - startedAt);
}

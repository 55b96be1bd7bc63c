import { join } from "node:path";
import { ROOT } from "../deploy/settings.ts";
import type { ModelRunner } from "../services/inference/src/engine/model-runner.ts";
import { loadOnnxModelRunner } from "../services/inference/src/runtime/onnx-model-runner.ts";
import { MODEL } from "./service.ts";

const MAX_NUM_SEQS = 16;
/** The service's default. */
const MAX_MODEL_LEN = 4096;

/** The model runner alone: no scheduler, no sampling, no text, no gRPC. What the service is measured against. */
export function loadBareEngine(): Promise<ModelRunner> {
  const graphFile = join(ROOT, "models", MODEL, "model.onnx");
  return loadOnnxModelRunner({ graphFile, maxNumSeqs: MAX_NUM_SEQS, maxModelLen: MAX_MODEL_LEN, device: "cpu" });
}

/** Tokens a second of `steps` decode steps of a batch, after prompts of `promptTokens`. The token fed in is always the same. */
export async function bareDecodeRate(
  runner: ModelRunner,
  { batch, promptTokens, steps }: { readonly batch: number; readonly promptTokens: number; readonly steps: number },
): Promise<number> {
  const tokenIds = Array.from({ length: promptTokens }, (_, index) => 100 + index);
  for (let row = 0; row < batch; row++)
    await runner.run({ type: "prefill", moves: [], row, numComputedTokens: 0, tokenIds, wantsLogits: true });
  const startedAt = performance.now();
  for (let step = 0; step < steps; step++) {
    const entry = { numComputedTokens: promptTokens + step, tokenId: 100 };
    await runner.run({ type: "decode", moves: [], entries: Array.from({ length: batch }, () => entry) });
  }
  return (batch * steps * 1000) / (performance.now() - startedAt);
}

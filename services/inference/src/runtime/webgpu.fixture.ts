import { loadOnnxModelRunner } from "./onnx-model-runner.ts";
import { TINY_LAYOUTS, TINY_MAX_MODEL_LEN } from "./stock-decoder.fixture.ts";

/** Run by webgpu.integration.test.ts in a process of its own: prints, as JSON, rows and logits of a few passes on a device. */
const [, , layoutName, device = "cpu"] = process.argv;
const layout = TINY_LAYOUTS.find(({ name }) => name === layoutName)!;
const runner = await loadOnnxModelRunner({ ...layout, maxNumSeqs: 16, maxModelLen: TINY_MAX_MODEL_LEN, device });
const prefill = (numComputedTokens: number, tokenIds: readonly number[], wantsLogits: boolean) =>
  runner.run({ type: "prefill", moves: [], row: 0, numComputedTokens, tokenIds, wantsLogits });
const passes: number[][] = [];
passes.push([...(await prefill(0, [1, 2, 3, 4], true))]);
await prefill(0, [9, 8, 7], false);
passes.push([...(await prefill(3, [6, 5], true))]);
for (const [i, tokenId] of [4, 3, 2].entries()) {
  const entries = [{ numComputedTokens: 5 + i, tokenId }];
  passes.push([...(await runner.run({ type: "decode", moves: [], entries }))]);
}
runner.close();
process.stdout.write(JSON.stringify({ maxNumSeqs: runner.maxNumSeqs, passes }));

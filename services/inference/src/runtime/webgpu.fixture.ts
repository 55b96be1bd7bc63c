import { loadOnnxModelRunner } from "./onnx-model-runner.ts";
import { TINY_LAYOUTS, TINY_MAX_MODEL_LEN } from "./stock-decoder.fixture.ts";

/** Run by webgpu.integration.test.ts in a process of its own: prints, as JSON, rows and logits of a few passes on a device. */
const [, , layoutName, device = "cpu"] = process.argv;
const layout = TINY_LAYOUTS.find(({ name }) => name === layoutName)!;
const runner = await loadOnnxModelRunner({ ...layout, maxNumSeqs: 16, maxModelLen: TINY_MAX_MODEL_LEN, device });
const compute = (numComputedTokens: number, tokenIds: readonly number[], numLogits: number) =>
  runner.run({ moves: [], rows: [{ row: 0, numComputedTokens, tokenIds, numLogits }] });
const passes: number[][] = [];
passes.push([...(await compute(0, [1, 2, 3, 4], 1))]);
await compute(0, [9, 8, 7], 0);
passes.push([...(await compute(3, [6, 5], 1))]);
for (const [i, tokenId] of [4, 3, 2].entries()) passes.push([...(await compute(5 + i, [tokenId], 1))]);
passes.push([...(await compute(8, [2, 3, 4], 3))]);
await runner.close();
process.stdout.write(JSON.stringify({ maxNumSeqs: runner.maxNumSeqs, passes }));

import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { DEFAULT_GRAPH_NAMES } from "../model-folder/graph/graph-names.ts";
import { makeExactCopy } from "../tools/onnx/exact-copy.fixture.ts";
import { loadOnnxModelRunner, type OnnxModelRunner } from "./onnx-model-runner.ts";
import { stockLogits } from "./stock-decoder.fixture.ts";

const graphFile = fileURLToPath(new URL("../../../../models/smollm2-135m/model.onnx", import.meta.url));
const MB = 1e6;
const tokens = (length: number) => Array.from({ length }, (_, i) => (i * 977 + 5) % 49_000);
const prefill = (row: number, tokenIds: readonly number[], numComputedTokens = 0) =>
  ({ moves: [], rows: [{ row, numComputedTokens, tokenIds, numLogits: 1 }] }) as const;

/** Mean distance of logits, which lie between 0 and 27 here. One wrong token of 24 moves it by 2.7. */
const distance = (left: Float32Array, right: Float32Array) =>
  right.reduce((sum, value, i) => sum + Math.abs(value - left[i]!), 0) / right.length;

/** Where products are summed in float32, the same sums in another order. */
const ROUNDING = 1e-3;

describe.skipIf(!existsSync(graphFile))("OnnxModelRunner on models/smollm2-135m (skipped where it is absent)", () => {
  let runner: OnnxModelRunner;
  beforeEach(async () => {
    runner = await loadOnnxModelRunner({ graphFile, maxNumSeqs: 8, maxModelLen: 2048, device: "cpu" });
  });
  afterEach(() => runner.close());

  it("gives the stock API's logits, token by token", async () => {
    const tokenIds = tokens(24);
    const expected = (await stockLogits({ graphFile, names: DEFAULT_GRAPH_NAMES }, tokenIds)).at(-1)!;
    let logits = await runner.run(prefill(0, tokenIds.slice(0, 1)));
    for (let i = 1; i < tokenIds.length; i++) logits = await runner.run(prefill(0, tokenIds.slice(i, i + 1), i));
    expect(distance(logits, expected)).toBeLessThan(1e-4); // the same kernels: bit-equal where this was written
  });

  it("lets timers and sockets have their turns during a long prefill", async () => {
    let isDone = false;
    let turns = 0;
    const turn = () => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await runner.run(prefill(0, tokens(512)));
    isDone = true;
    expect(turns).toBeGreaterThan(10);
  });

  it("gives weights and KV cache back when it closes", async () => {
    const extra = await loadOnnxModelRunner({ graphFile, maxNumSeqs: 8, maxModelLen: 2048, device: "cpu" });
    for (let row = 0; row < 8; row++) await extra.run(prefill(row, tokens(256)));
    const before = process.memoryUsage.rss();
    await extra.close();
    await vi.waitFor(() => expect(process.memoryUsage.rss()).toBeLessThan(before - 100 * MB), { timeout: 10_000 });
  });

  it("takes memory for the KV cache only as rows fill", async () => {
    const before = process.memoryUsage.rss();
    const large = await loadOnnxModelRunner({ graphFile, maxNumSeqs: 8, maxModelLen: 8192, device: "cpu" });
    expect(large.memoryBytes).toBeGreaterThan(3000 * MB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(600 * MB);
    await large.close();
  });
});

/**
 * As the fast arithmetic rounds activations to int8, the last bits in which kernels for one token and for many differ grow
 * there, on some processors to half of what a logit is worth. Without it any processor must compute the same.
 */
describe.skipIf(!existsSync(graphFile))("OnnxModelRunner on an exact copy of it", () => {
  let copy: ReturnType<typeof makeExactCopy>;
  let runner: OnnxModelRunner;
  beforeAll(async () => {
    copy = makeExactCopy(path.dirname(graphFile));
    const exactFile = path.join(copy.folder, "model.onnx");
    runner = await loadOnnxModelRunner({ graphFile: exactFile, maxNumSeqs: 8, maxModelLen: 2048, device: "cpu" });
  });
  afterAll(async () => {
    await runner.close();
    copy.remove();
  });

  it("gives the same logits for a prompt as a whole and token by token", async () => {
    const tokenIds = tokens(24);
    const whole: Float32Array = (await runner.run(prefill(0, tokenIds))).slice();
    let logits = whole;
    for (let i = 0; i < tokenIds.length; i++) logits = await runner.run(prefill(1, tokenIds.slice(i, i + 1), i));
    expect(distance(logits, whole)).toBeLessThan(ROUNDING);
  });

  it("gives a sequence the same logits alone, in chunks and among others", async () => {
    const tokenIds = tokens(100);
    const alone = (await runner.run(prefill(7, tokenIds))).slice();
    for (let row = 0; row < 8; row++) await runner.run(prefill(row, tokens(30 + row)));
    for (let start = 0; start < 99; start += 33) await runner.run(prefill(5, tokenIds.slice(start, start + 33), start));
    const lengths = [30, 31, 32, 33, 34, 99, 36, 37];
    const rows = lengths.map((length, row) => ({
      row,
      numComputedTokens: length,
      tokenIds: [row === 5 ? tokenIds[99]! : 7],
      numLogits: 1,
    }));
    const together = await runner.run({ moves: [], rows });
    const among = together.subarray(5 * runner.vocabSize, 6 * runner.vocabSize);
    expect(distance(among, alone)).toBeLessThan(ROUNDING);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadOnnxModelRunner } from "../../runtime/onnx-model-runner.ts";
import type { BlockType } from "../decoder/block-types.ts";
import { writeGguf } from "./gguf-writer.fixture.ts";
import { importGguf } from "./import-gguf.ts";
import { referenceLogits } from "./llama-reference.fixture.ts";
import { OnnxGraph, runGraph } from "./onnx-graph.fixture.ts";
import { BLOCK_TYPES, ggmlWeights, TINY, type TinyLlamaOptions, tinyLlama } from "./tiny-llama.fixture.ts";

const TEXT = [1, 71, 104, 111, 260, 35, 2, 77, 9];

let folder: string;
let numModels = 0;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cria-gguf-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function importTiny(options: TinyLlamaOptions) {
  const content = tinyLlama(options);
  const name = `tiny-${numModels++}`;
  const file = path.join(folder, `${name}.gguf`);
  writeFileSync(file, writeGguf(content));
  const imported = await importGguf({ file, modelsDir: path.join(folder, "models"), name });
  return { graph: new OnnxGraph(imported), weights: ggmlWeights(content) };
}

/** A matrix's weights as the operators define them, in float64, where every step is exact. */
function graphWeights(graph: OnnxGraph, name: string, type: BlockType): Float64Array {
  if (type === "F32") return graph.floats(name);
  if (type === "F16") return graph.halves(name);
  const bytes = graph.bytes(`${name}.codes`);
  const scales = graph.halves(`${name}.scales`);
  const minima = type === "Q4_1" ? graph.halves(`${name}.minima`) : undefined;
  const codeOf = (i: number): number => {
    if (type === "Q8_0") return bytes[i]! - 128;
    return ((bytes[i >> 1]! >> (4 * (i & 1))) & 15) - 8;
  };
  return Float64Array.from({ length: scales.length * 32 }, (_, i) => {
    const block = Math.floor(i / 32);
    const product = scales[block]! * codeOf(i);
    return minima ? product + (minima[block]! + 8 * scales[block]!) : product;
  });
}

/** Rows of heads with the first of all rotary pairs before the second of all, from GGUF's neighbours. */
function halvesFirst(weights: Float64Array): Float64Array {
  const { headDim, hiddenSize } = TINY;
  const numHeads = weights.length / hiddenSize / headDim;
  const rows = Array.from({ length: numHeads }, (_, head) =>
    [0, 1].flatMap((part) => Array.from({ length: headDim / 2 }, (_, pair) => head * headDim + 2 * pair + part)),
  ).flat();
  return Float64Array.from(rows.flatMap((row) => [...weights.subarray(row * hiddenSize, (row + 1) * hiddenSize)]));
}

function largestDifference(actual: readonly number[], expected: Float64Array): number {
  return Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
}

describe.each(BLOCK_TYPES)("a graph of %s blocks", (type) => {
  it("holds every weight of the file, bit by bit", async () => {
    const { graph, weights } = await importTiny({ type, hasOutput: true });
    const weight = (name: string): Float64Array => weights.get(`${name}.weight`)!;

    expect(graphWeights(graph, "embedding", type)).toEqual(weight("token_embd"));
    expect(graphWeights(graph, "head", type)).toEqual(weight("output"));
    for (let layer = 0; layer < TINY.numLayers; layer++) {
      const block = `blk.${layer}`;
      const [q, k] = [halvesFirst(weight(`${block}.attn_q`)), halvesFirst(weight(`${block}.attn_k`))];
      const qkv = Float64Array.from([...q, ...k, ...weight(`${block}.attn_v`)]);
      expect(graphWeights(graph, `layers.${layer}.qkv`, type)).toEqual(qkv);
      expect(graphWeights(graph, `layers.${layer}.o`, type)).toEqual(weight(`${block}.attn_output`));
      for (const name of ["gate", "up", "down"]) {
        expect(graphWeights(graph, `layers.${layer}.${name}`, type)).toEqual(weight(`${block}.ffn_${name}`));
      }
    }
  });

  it("computes what the formulas say", async () => {
    const { graph, weights } = await importTiny({ type });
    const session = await graph.openExact();
    const { logits } = await runGraph(session, [TEXT], [TEXT.map((_, i) => i)]);
    const expected = referenceLogits(TEXT, { weights });
    for (const [i, row] of logits.entries()) expect(largestDifference(row, expected[i]!)).toBeLessThan(2e-4);
    await session.release();
  });
});

describe("the graph of a LLaMA", () => {
  const lastLogits = async (options: TinyLlamaOptions) => {
    const { graph, weights } = await importTiny(options);
    const session = await graph.openExact();
    const { logits } = await runGraph(session, [TEXT], [[TEXT.length - 1]]);
    await session.release();
    return { actual: logits[0]!, weights };
  };

  it("takes any mix of types, query, key and value of different ones included", async () => {
    const types: TinyLlamaOptions["types"] = {
      token_embd: "Q4_1",
      output: "F16",
      attn_q: "Q4_0",
      attn_k: "Q8_0",
      attn_v: "F32",
      attn_output: "Q4_1",
      ffn_up: "Q8_0",
      ffn_down: "F16",
    };
    const { actual, weights } = await lastLogits({ types, hasOutput: true });
    expect(largestDifference(actual, referenceLogits(TEXT, { weights }).at(-1)!)).toBeLessThan(2e-4);
  });

  it("divides positions by the linear scaling's factor", async () => {
    const metadata = { "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": { float: 4 } };
    const { actual, weights } = await lastLogits({ metadata });
    expect(largestDifference(actual, referenceLogits(TEXT, { weights, ropeFactor: 4 }).at(-1)!)).toBeLessThan(2e-4);
  });

  it("divides frequencies by the rope_freqs tensor", async () => {
    const ropeFactors = Array.from({ length: TINY.headDim / 2 }, (_, i) => 1 + i / 4);
    const { actual, weights } = await lastLogits({ ropeFactors });
    expect(largestDifference(actual, referenceLogits(TEXT, { weights, ropeFactors }).at(-1)!)).toBeLessThan(2e-4);
  });

  it("goes on from its cache", async () => {
    const { graph, weights } = await importTiny({ type: "Q4_1" });
    const session = await graph.openExact();
    const first = await runGraph(session, [TEXT.slice(0, 4)], [[]]);
    expect(first.logits).toEqual([]);
    const second = await runGraph(session, [TEXT.slice(4)], [[0, 4]], first.cache);
    const expected = referenceLogits(TEXT, { weights });
    expect(largestDifference(second.logits[0]!, expected[4]!)).toBeLessThan(2e-4);
    expect(largestDifference(second.logits[1]!, expected[8]!)).toBeLessThan(2e-4);
    await session.release();
  });

  it("answers rows of a batch as it answers each alone", async () => {
    const { graph, weights } = await importTiny({ type: "Q4_1" });
    const session = await graph.openExact();
    const rows = [TEXT, TEXT.toReversed()];
    const { logits } = await runGraph(session, rows, [
      [0, 8],
      [3, 8],
    ]);
    const expected = rows.map((row) => referenceLogits(row, { weights }));
    expect(largestDifference(logits[1]!, expected[0]![8]!)).toBeLessThan(2e-4);
    expect(largestDifference(logits[2]!, expected[1]![3]!)).toBeLessThan(2e-4);
    expect(largestDifference(logits[3]!, expected[1]![8]!)).toBeLessThan(2e-4);
    await session.release();
  });
});

it("a model whose weights are no numbers does not load", async () => {
  const content = tinyLlama({});
  content.tensors.find(({ name }) => name === "output_norm.weight")!.bytes.fill(0xff);
  const file = path.join(folder, "broken.gguf");
  writeFileSync(file, writeGguf(content));
  const imported = await importGguf({ file, modelsDir: path.join(folder, "models"), name: "broken" });
  const graphFile = path.join(imported, "model.onnx");
  const load = loadOnnxModelRunner({ graphFile, maxNumSeqs: 1, maxModelLen: 64, device: "cpu" });
  await expect(load).rejects.toMatchObject({ code: "MODEL_BROKEN", message: expect.stringContaining("computes NaN") });
});

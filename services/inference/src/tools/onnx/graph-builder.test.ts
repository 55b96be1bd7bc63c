import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelProto } from "./gen/onnx.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { layOutWeights, WeightFiles } from "./weight-files.ts";

describe("GraphBuilder", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "cria-graph-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("makes a graph that runs, a weight too large for one file kept in several", async () => {
    const rowBytes = 4 * 8;
    const graph = new GraphBuilder(2 * rowBytes);
    graph.input("ids", "int64", ["n"]);
    const table = graph.weight("table", "float32", [5, 8]);
    graph.node("Gather", ["table", "ids"], "rows");
    graph.node("Add", ["rows", graph.constant("half", Float32Array.of(0.5), [])], "shifted");
    graph.node("Softmax", ["shifted"], "shares", { axis: -1 });
    graph.output("shifted", "float32", ["n", 8]);
    graph.output("shares", "float32", ["n", 8]);
    expect(table.parts.map(({ name, byteLength }) => [name, byteLength])).toEqual([
      ["table.part0", 64],
      ["table.part1", 64],
      ["table.part2", 32],
    ]);

    const layout = layOutWeights(graph.weights, 100);
    const files = await WeightFiles.create(folder, layout);
    let row = 0;
    for (const { name, byteLength } of table.parts) {
      const values = Float32Array.from({ length: byteLength / 4 }, (_, i) => row * 8 + i);
      await files.write(name, 0, new Uint8Array(values.buffer));
      row += byteLength / rowBytes;
    }
    await files.close();
    writeFileSync(path.join(folder, "model.onnx"), graph.encode("test", layout));

    const session = await InferenceSession.create(path.join(folder, "model.onnx"));
    const { shifted, shares } = await session.run({ ids: new Tensor("int64", BigInt64Array.of(4n, 0n), [2]) });
    expect([...(shifted!.data as Float32Array)]).toEqual([
      ...Array.from({ length: 8 }, (_, i) => 32.5 + i),
      ...Array.from({ length: 8 }, (_, i) => 0.5 + i),
    ]);
    expect((shares!.data as Float32Array).slice(0, 8).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    await session.release();
  });

  it("makes a constant once however often it is asked for", () => {
    const graph = new GraphBuilder();
    graph.shape("axes", [-1]);
    graph.shape("axes", [-1]);
    expect(ModelProto.decode(graph.encode("test", new Map())).graph?.initializer).toHaveLength(1);
  });

  it("writes integers, floats and lists as ONNX's attributes, and contrib operators in their domain", () => {
    const graph = new GraphBuilder();
    graph.node("MatMulNBits", ["x", "", "y"], ["z", ""], { bits: 4, epsilon: { float: 0.5 }, perm: [1, 0] });
    const [node] = ModelProto.decode(graph.encode("test", new Map())).graph!.node;
    expect(node).toMatchObject({
      opType: "MatMulNBits",
      domain: "com.microsoft",
      input: ["x", "", "y"],
      output: ["z", ""],
    });
    expect(node!.attribute).toMatchObject([
      { name: "bits", type: 2, i: 4 },
      { name: "epsilon", type: 1, f: 0.5 },
      { name: "perm", type: 7, ints: [1, 0] },
    ]);
  });
});

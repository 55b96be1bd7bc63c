import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelProto, type TensorProto } from "../onnx/gen/onnx.ts";
import { halfToNumber } from "./blocks.fixture.ts";
import { TINY } from "./tiny-llama.fixture.ts";

/** A model folder's graph, read back as ONNX defines it. */
export class OnnxGraph {
  readonly #folder: string;
  readonly model: ModelProto;
  readonly #initializers: ReadonlyMap<string, TensorProto>;

  constructor(folder: string) {
    this.#folder = folder;
    this.model = ModelProto.decode(readFileSync(path.join(folder, "model.onnx")));
    this.#initializers = new Map(this.model.graph!.initializer.map((tensor) => [tensor.name, tensor]));
  }

  bytes(name: string): Buffer {
    const tensor = this.#initializers.get(name)!;
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
    const file = readFileSync(path.join(this.#folder, entries.get("location")!));
    const offset = Number(entries.get("offset"));
    return file.subarray(offset, offset + Number(entries.get("length")));
  }

  halves(name: string): Float64Array {
    const bytes = this.bytes(`${name}.f16`);
    return Float64Array.from({ length: bytes.length / 2 }, (_, i) => halfToNumber(bytes.readUInt16LE(2 * i)));
  }

  floats(name: string): Float64Array {
    const bytes = this.bytes(name);
    return Float64Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  }

  /** Writes the graph again with products in float32 instead of int8, and opens it. */
  async openExact(): Promise<InferenceSession> {
    for (const { attribute } of this.model.graph!.node) {
      for (const one of attribute) if (one.name === "accuracy_level") one.i = 0;
    }
    const file = path.join(this.#folder, "exact.onnx");
    writeFileSync(file, ModelProto.encode(this.model).finish());
    return InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  }
}

/** Keys and values of a session, by input name. */
type Cache = Readonly<Record<string, Tensor>>;

/** Nothing cached. */
function emptyCache(batch: number): Cache {
  const names = Array.from({ length: TINY.numLayers }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();
  const dims = [batch, TINY.numKvHeads, 0, TINY.headDim];
  return Object.fromEntries(
    names.map((name) => [`past_key_values.${name}`, new Tensor("float32", new Float32Array(0), dims)]),
  );
}

/** One pass over rows of equal length without padding: logits of the positions asked for, and what is cached now. */
export async function runGraph(
  session: InferenceSession,
  rows: readonly (readonly number[])[],
  positions: readonly (readonly number[])[],
  cache: Cache = emptyCache(rows.length),
): Promise<{ readonly logits: number[][]; readonly cache: Cache }> {
  const past = Object.values(cache)[0]!.dims[2]!;
  const mask = rows.map((row) => Array.from({ length: past + row.length }, () => 1));
  const { logits, ...present } = await session.run({
    input_ids: int64(rows),
    attention_mask: int64(mask),
    logits_positions: int64(positions),
    ...cache,
  });
  const vocabSize = logits!.dims.at(-1)!;
  const values = [...(logits!.data as Float32Array)];
  return {
    logits: Array.from({ length: values.length / vocabSize }, (_, i) =>
      values.slice(i * vocabSize, (i + 1) * vocabSize),
    ),
    cache: Object.fromEntries(
      Object.entries(present).map(([name, tensor]) => [name.replace("present", "past_key_values"), tensor]),
    ),
  };
}

function int64(rows: readonly (readonly number[])[]): Tensor {
  return new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);
}

import { describe, expect, it } from "vitest";
import { DEFAULT_GRAPH_NAMES } from "../../model-folder/graph/graph-names.ts";
import type { OrtSession, TensorInfo } from "../ort/ort-session.ts";
import { readDecoderGraph } from "./decoder-graph.ts";

const FLOAT32 = 1;
const UINT8 = 2;
const INT64 = 7;
const FLOAT16 = 10;

const tensor = (name: string, elementType: number, ...dims: readonly number[]): TensorInfo => ({
  name,
  elementType,
  dims,
});

/** A decoder of one layer, 3 heads of 64, 100 tokens; `extra` inputs beside its own. */
function session({
  kvType = FLOAT32,
  logitsDims = [-1, -1, 100],
  extra = [] as readonly TensorInfo[],
} = {}): OrtSession {
  const kv = (name: string) => tensor(name, kvType, -1, 3, -1, 64);
  const ids = [tensor("input_ids", INT64, -1, -1), tensor("attention_mask", INT64, -1, -1)];
  return {
    pointer: 0n,
    inputs: [...ids, kv("past_key_values.0.key"), kv("past_key_values.0.value"), ...extra],
    outputs: [tensor("logits", FLOAT32, ...logitsDims), kv("present.0.key"), kv("present.0.value")],
  };
}

describe("readDecoderGraph", () => {
  const read = (options?: Parameters<typeof session>[0]) => readDecoderGraph(session(options), DEFAULT_GRAPH_NAMES);

  it("finds shapes, types and the pairs of past and present", () => {
    expect(read({ kvType: FLOAT16 })).toMatchObject({
      hasPositionIds: false,
      gathersLogits: false,
      logitsType: "float32",
      vocabSize: 100,
      kvType: "float16",
      numKvHeads: 3,
      headDim: 64,
      kv: [
        { past: "past_key_values.0.key", present: "present.0.key" },
        { past: "past_key_values.0.value", present: "present.0.value" },
      ],
    });
  });

  it("sees the inputs that only some layouts have", () => {
    const extra = [tensor("position_ids", INT64, -1, -1), tensor("logits_positions", INT64, -1, -1)];
    expect(read({ extra })).toMatchObject({ hasPositionIds: true, gathersLogits: true });
  });

  it("refuses inputs it would not know what to give", () => {
    expect(() => read({ extra: [tensor("inputs_embeds", FLOAT32), tensor("use_cache_branch", 9)] })).toThrow(
      "needs inputs that are not known here: inputs_embeds, use_cache_branch",
    );
  });

  it("refuses a KV cache of a type it cannot keep, by name", () => {
    expect(() => read({ kvType: UINT8 })).toThrow(
      '"past_key_values.0.key" of ONNX element type 2; it must be float32 or float16',
    );
  });

  it("refuses a vocabulary of unknown size", () => {
    expect(() => read({ logitsDims: [-1, -1, -1] })).toThrow('leaves dimension 2 of "logits" open');
  });

  it("says what there is where an output is missing", () => {
    const names = { ...DEFAULT_GRAPH_NAMES, logits: "scores" };
    expect(() => readDecoderGraph(session(), names)).toThrow('has no "scores"; it has logits, present.0.key');
  });
});

import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { DEFAULT_GRAPH_NAMES, type GraphNames } from "../model-folder/graph/graph-names.ts";
import { float16ToFloat32 } from "./float16.ts";
import { LOGITS_POSITIONS } from "./graph/decoder-graph.ts";
import "./without-float16-array.fixture.ts";

/** A graph that `fixtures/make_tiny_llama.py` wrote. */
export interface TinyLayout {
  readonly name: string;
  readonly graphFile: string;
  readonly names: GraphNames;
  /** How far logits may be from the stock API's: float16 rounds at 3 digits. */
  readonly tolerance: number;
}

/** Positions of the tiny graphs' rotary cache. */
export const TINY_MAX_MODEL_LEN = 64;
export const TINY_VOCAB_SIZE = 80;

const genaiNames: GraphNames = {
  ...DEFAULT_GRAPH_NAMES,
  pastKeyNames: "past_key_%d",
  pastValueNames: "past_value_%d",
  presentKeyNames: "present_key_%d",
  presentValueNames: "present_value_%d",
};

export const tinyFile = (name: string) => fileURLToPath(new URL(`fixtures/${name}.onnx`, import.meta.url));

const layout = (name: string, tolerance: number, names = DEFAULT_GRAPH_NAMES): TinyLayout => ({
  name,
  graphFile: tinyFile(name),
  names,
  tolerance,
});

export const TINY_LAYOUTS: readonly TinyLayout[] = [
  layout("own", 1e-5),
  layout("onnx-community", 1e-5),
  layout("genai", 4e-3, genaiNames),
];

/**
 * Logits after each of some tokens, through onnxruntime-node's own API: one token a pass, and what a pass returns as
 * `present` is given to the next as `past`. The reference for the runner, which shares none of this.
 */
export async function stockLogits(
  { graphFile, names }: Pick<TinyLayout, "graphFile" | "names">,
  tokenIds: readonly number[],
): Promise<readonly Float32Array[]> {
  const session = await InferenceSession.create(graphFile);
  let past = emptyPast(session, names);
  const logits: Float32Array[] = [];
  for (const [position, tokenId] of tokenIds.entries()) {
    const outputs = await session.run({ ...past, ...inputs(session, names, tokenId, position) });
    logits.push(toFloat32(outputs[names.logits]!));
    past = Object.fromEntries(pairs(session, names).map(([name, present]) => [name, outputs[present]!]));
  }
  await session.release();
  return logits;
}

function inputs(session: InferenceSession, names: GraphNames, tokenId: number, position: number) {
  const int64 = (...values: number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const all = {
    [names.inputIds]: int64(tokenId),
    [names.attentionMask]: int64(...Array<number>(position + 1).fill(1)),
    [names.positionIds]: int64(position),
    [LOGITS_POSITIONS]: int64(0),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => session.inputNames.includes(name)));
}

function pairs(session: InferenceSession, names: GraphNames): readonly (readonly [string, string])[] {
  const at = (pattern: string, layer: number) => pattern.replace("%d", String(layer));
  return session.inputNames
    .flatMap((_, layer) => [
      [at(names.pastKeyNames, layer), at(names.presentKeyNames, layer)] as const,
      [at(names.pastValueNames, layer), at(names.presentValueNames, layer)] as const,
    ])
    .filter(([past]) => session.inputNames.includes(past));
}

function emptyPast(session: InferenceSession, names: GraphNames): Record<string, Tensor> {
  const empty = ([past]: readonly [string, string]) => {
    const metadata = session.inputMetadata.find(({ name }) => name === past);
    if (!metadata?.isTensor) throw new Error(`${past} is no tensor`);
    const dims = metadata.shape.map((dim, axis) => (typeof dim === "number" ? dim : axis === 0 ? 1 : 0));
    const tensor =
      metadata.type === "float16"
        ? new Tensor("float16", new Uint16Array(0), dims)
        : new Tensor("float32", new Float32Array(0), dims);
    return [past, tensor] as const;
  };
  return Object.fromEntries(pairs(session, names).map(empty));
}

function toFloat32({ data }: Tensor): Float32Array {
  if (!(data instanceof Uint16Array)) return Float32Array.from(data as Float32Array);
  const logits = new Float32Array(data.length);
  float16ToFloat32(data, logits, data.length);
  return logits;
}

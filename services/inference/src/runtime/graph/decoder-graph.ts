import { InferenceError } from "../../errors.ts";
import { ELEMENT_TYPES, type ElementType } from "../../model-folder/graph/element-types.ts";
import type { GraphNames } from "../../model-folder/graph/graph-names.ts";
import type { OrtSession, TensorInfo } from "../ort/ort-session.ts";

/** Our own layout's input [batch, k]: which positions' logits are wanted. Without it a graph yields those of all. */
export const LOGITS_POSITIONS = "logits_positions";

/** What the runner must know of a decoder's graph. */
export interface DecoderGraph {
  readonly names: GraphNames;
  readonly hasPositionIds: boolean;
  /** Whether logits are [batch, k, vocabSize] of the positions asked for, else [batch, sequence, vocabSize]. */
  readonly gathersLogits: boolean;
  readonly logitsType: ElementType;
  readonly vocabSize: number;
  /** A key and a value of each layer: past [batch, numKvHeads, positions, headDim] and what it becomes. */
  readonly kv: readonly { readonly past: string; readonly present: string }[];
  readonly kvType: ElementType;
  readonly numKvHeads: number;
  readonly headDim: number;
}

/** Finds the decoder in a session's inputs and outputs. @throws InferenceError MODEL_BROKEN naming what does not fit */
export function readDecoderGraph({ inputs, outputs }: OrtSession, names: GraphNames): DecoderGraph {
  const find = (tensors: readonly TensorInfo[], name: string) =>
    tensors.find((tensor) => tensor.name === name) ?? broken(`has no "${name}"; it has ${list(tensors)}`);
  const kv = pairNames(inputs, names);
  for (const name of [names.inputIds, names.attentionMask]) expectType(find(inputs, name), ["int64"]);
  for (const tensor of inputs.filter(({ name }) => name === names.positionIds || name === LOGITS_POSITIONS))
    expectType(tensor, ["int64"]);
  refuseUnknownInputs(inputs, names, kv);
  const past = find(inputs, kv[0]!.past);
  const logits = find(outputs, names.logits);
  for (const { present } of kv) find(outputs, present);
  return {
    names,
    hasPositionIds: inputs.some(({ name }) => name === names.positionIds),
    gathersLogits: inputs.some(({ name }) => name === LOGITS_POSITIONS),
    logitsType: expectType(logits, ["float32", "float16"]),
    vocabSize: expectDim(logits, 2),
    kv,
    kvType: expectType(past, ["float32", "float16"]),
    numKvHeads: expectDim(past, 1),
    headDim: expectDim(past, 3),
  };
}

function pairNames(inputs: readonly TensorInfo[], names: GraphNames): DecoderGraph["kv"] {
  const has = (name: string) => inputs.some((input) => input.name === name);
  const at = (pattern: string, layer: number) => pattern.replace("%d", String(layer));
  const kv: { past: string; present: string }[] = [];
  for (let layer = 0; has(at(names.pastKeyNames, layer)); layer++) {
    kv.push({ past: at(names.pastKeyNames, layer), present: at(names.presentKeyNames, layer) });
    kv.push({ past: at(names.pastValueNames, layer), present: at(names.presentValueNames, layer) });
  }
  if (kv.length === 0)
    broken(`has no KV cache: no input is called "${at(names.pastKeyNames, 0)}"; it has ${list(inputs)}`);
  return kv;
}

function refuseUnknownInputs(inputs: readonly TensorInfo[], names: GraphNames, kv: DecoderGraph["kv"]): void {
  const known = [
    names.inputIds,
    names.attentionMask,
    names.positionIds,
    LOGITS_POSITIONS,
    ...kv.map(({ past }) => past),
  ];
  const unknown = inputs.filter(({ name }) => !known.includes(name));
  if (unknown.length > 0) broken(`needs inputs that are not known here: ${list(unknown)}`);
}

function expectType({ name, elementType }: TensorInfo, allowed: readonly ElementType[]): ElementType {
  const type = allowed.find((candidate) => ELEMENT_TYPES[candidate].id === elementType);
  return type ?? broken(`has "${name}" of ONNX element type ${elementType}; it must be ${allowed.join(" or ")}`);
}

function expectDim({ name, dims }: TensorInfo, axis: number): number {
  const dim = dims[axis] ?? -1;
  return dim > 0 ? dim : broken(`leaves dimension ${axis} of "${name}" open; it must be a number`);
}

const list = (tensors: readonly TensorInfo[]) => tensors.map(({ name }) => name).join(", ");

function broken(fault: string): never {
  throw new InferenceError("MODEL_BROKEN", `the graph ${fault}`);
}

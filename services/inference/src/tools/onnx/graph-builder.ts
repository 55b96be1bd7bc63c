import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./gen/onnx.ts";
import { MAX_WEIGHT_FILE_BYTES, type WeightLocation, type WeightTensor } from "./weight-files.ts";

/** Element types of the tensors we write. */
export type ElementType = "float32" | "float16" | "uint8" | "int32" | "int64";

/** An operator's parameter: an integer, a float, or integers. */
export type Attribute = number | { readonly float: number } | readonly number[];

/** A constant kept outside of the graph: one tensor, or several of whole rows where one file could not hold it. */
export interface Weight {
  /** What nodes call it. */
  readonly name: string;
  readonly parts: readonly WeightTensor[];
}

const IR_VERSION = 10;
const OPSET_VERSION = 21;
const ELEMENT = {
  float32: { type: DataType.FLOAT, bytes: 4 },
  float16: { type: DataType.FLOAT16, bytes: 2 },
  uint8: { type: DataType.UINT8, bytes: 1 },
  int32: { type: DataType.INT32, bytes: 4 },
  int64: { type: DataType.INT64, bytes: 8 },
} as const;

/** ONNX Runtime's own operators, in its domain "com.microsoft". */
const CONTRIB_OPERATORS = new Set([
  "GatherBlockQuantized",
  "GroupQueryAttention",
  "MatMulNBits",
  "SkipSimplifiedLayerNormalization",
]);

/** Puts an ONNX graph together node by node, in the order they run. */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Set<string>();
  readonly #weights: (WeightTensor & { readonly type: ElementType; readonly dims: readonly number[] })[] = [];
  readonly #maxTensorBytes: number;

  constructor(maxTensorBytes = MAX_WEIGHT_FILE_BYTES) {
    this.#maxTensorBytes = maxTensorBytes;
  }

  /** All tensors kept outside of the graph, in the order they were added. */
  get weights(): readonly WeightTensor[] {
    return this.#weights;
  }

  /** Whether a value of this name was made. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Declares an input; a dimension is a number or a name. */
  input(name: string, type: ElementType, dims: readonly (number | string)[]): string {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  /** Declares a node's output as one of the graph. */
  output(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(name, type, dims));
  }

  /** Adds an operator and gives the name of its first output. An input or output that is left out is "". */
  node(
    operator: string,
    inputs: readonly string[],
    output: string | readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const outputs = typeof output === "string" ? [output] : [...output];
    for (const name of outputs) this.#names.add(name);
    this.#nodes.push({
      opType: operator,
      domain: CONTRIB_OPERATORS.has(operator) ? "com.microsoft" : "",
      name: outputs[0]!,
      input: [...inputs],
      output: outputs,
      attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
    });
    return outputs[0]!;
  }

  /** A small constant inside the graph, made once however often it is asked for. */
  constant(name: string, values: Float32Array | BigInt64Array, dims: readonly number[]): string {
    if (this.has(name)) return name;
    this.#names.add(name);
    const type = values instanceof Float32Array ? DataType.FLOAT : DataType.INT64;
    const rawData = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const dataLocation = DataLocation.DEFAULT;
    this.#initializers.push({ name, dataType: type, dims: [...dims], rawData, dataLocation, externalData: [] });
    return name;
  }

  /** Integers, as shapes and axes are given. */
  shape(name: string, values: readonly number[]): string {
    return this.constant(name, BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** A constant kept outside of the graph; its bytes are written later. */
  weight(name: string, type: ElementType, dims: readonly number[]): Weight {
    const [rows = 1, ...row] = dims;
    const rowBytes = row.reduce((product, dim) => product * dim, ELEMENT[type].bytes);
    const rowsPerPart = Math.max(1, Math.floor(this.#maxTensorBytes / rowBytes));
    const numParts = Math.ceil(rows / rowsPerPart);
    const parts = Array.from({ length: numParts }, (_, i) => {
      const partRows = Math.min(rowsPerPart, rows - i * rowsPerPart);
      const partName = numParts === 1 ? name : `${name}.part${i}`;
      return { name: partName, type, dims: [partRows, ...row], byteLength: partRows * rowBytes };
    });
    this.#weights.push(...parts);
    // ONNX Runtime folds it when it loads the graph.
    if (numParts > 1) this.node("Concat", names(parts), name, { axis: 0 });
    return { name, parts };
  }

  /** The model file, its outside tensors at the places of `layout`. */
  encode(graphName: string, layout: ReadonlyMap<string, WeightLocation>): Uint8Array {
    const external = this.#weights.map(({ name, type, dims }) => ({
      name,
      dataType: ELEMENT[type].type,
      dims: [...dims],
      dataLocation: DataLocation.EXTERNAL,
      externalData: externalData(layout.get(name)!),
    }));
    const model = ModelProto.fromPartial({
      irVersion: IR_VERSION,
      producerName: "cria",
      opsetImport: [
        { domain: "", version: OPSET_VERSION },
        { domain: "com.microsoft", version: 1 },
      ],
      graph: {
        name: graphName,
        node: this.#nodes,
        initializer: [...this.#initializers, ...external],
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return ModelProto.encode(model).finish();
  }
}

function names(tensors: readonly WeightTensor[]): string[] {
  return tensors.map(({ name }) => name);
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === "number") return { name, type: AttributeType.INT, i: value, ints: [] };
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float, ints: [] };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

function valueInfo(name: string, type: ElementType, dims: readonly (number | string)[]): ValueInfoProto {
  const dim = dims.map((size) => ({
    value:
      typeof size === "number"
        ? { $case: "dimValue" as const, value: size }
        : { $case: "dimParam" as const, value: size },
  }));
  return { name, type: { tensorType: { elemType: ELEMENT[type].type, shape: { dim } } } };
}

function externalData({ file, offset, byteLength }: WeightLocation): { key: string; value: string }[] {
  return [
    { key: "location", value: file },
    { key: "offset", value: String(offset) },
    { key: "length", value: String(byteLength) },
  ];
}

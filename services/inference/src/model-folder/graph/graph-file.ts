import { closeSync, openSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { InferenceError } from "../../errors.ts";
import { lfsPointerFault } from "../lfs-pointer.ts";
import { pathWithin } from "../path-within.ts";
import { ELEMENT_TYPES } from "./element-types.ts";
import { type ByteRange, ProtoFile } from "./proto-file.ts";

/** A file that holds weights: the graph itself, or one that it names. */
export interface WeightFile {
  readonly path: string;
  readonly bytes: number;
}

/** What an ONNX file says that ONNX Runtime's C API does not. */
export interface GraphFile {
  /** Its operators, each once. */
  readonly operators: ReadonlySet<string>;
  /** The files its weights lie in, its own first. */
  readonly weightFiles: readonly WeightFile[];
  /** Those and all others that it names: missing ones, and such that are no use. Its own first. */
  readonly paths: readonly string[];
  /** What the keys and values of one position take in its KV cache. */
  readonly kvBytesPerToken: number;
}

// Field numbers of onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto, StringStringEntryProto, ValueInfoProto,
// TypeProto and its Tensor, TensorShapeProto and its Dimension).
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const GRAPH_INPUT = 11;
const NODE_OPERATOR = 4;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
const VALUE_TYPE = 2;
const TYPE_TENSOR = 1;
const TENSOR_ELEMENT_TYPE = 1;
const TENSOR_SHAPE = 2;
const SHAPE_DIMENSION = 1;
const DIMENSION_VALUE = 1;

/**
 * Reads an ONNX file. Weights within it are skipped, not read, so a file of gigabytes takes no longer than its nodes.
 * `report` hears of each weights file that is missing, too short or no file.
 * @throws InferenceError MODEL_BROKEN if it is missing, cut short, no ONNX graph, or names a file outside its folder; the file
 * system's error if it cannot be read
 */
export function readGraphFile(file: string, report: (fault: string) => void): GraphFile {
  const { operators, neededBytes, kvBytesPerToken } = walkGraph(file);
  const weightFiles = [{ path: file, bytes: statSync(file).size }];
  const paths = [file];
  for (const [location, needed] of neededBytes) {
    const path = pathWithin(dirname(file), location, "weights file");
    paths.push(path);
    const found = statSync(path, { throwIfNoEntry: false });
    const graph = basename(file);
    if (!found) report(`${location} is missing; ${graph} keeps weights in it`);
    else if (!found.isFile()) report(`${location} is no regular file; ${graph} keeps weights in it`);
    else if (found.size < needed) report(wrongFile(path, `has ${found.size} bytes; ${graph} needs ${needed}`));
    else weightFiles.push({ path, bytes: found.size });
  }
  return { operators, weightFiles, paths, kvBytesPerToken };
}

function walkGraph(file: string) {
  const descriptor = openGraph(file);
  try {
    const proto = new ProtoFile(descriptor);
    const graphs = [...proto.children(proto.whole, MODEL_GRAPH)];
    if (graphs.length === 0) throw new RangeError("it has no graph");
    const operators = new Set(graphs.flatMap((graph) => operatorsOf(proto, graph)));
    const neededBytes = new Map<string, number>();
    for (const graph of graphs)
      for (const tensor of proto.children(graph, GRAPH_INITIALIZER)) addExternalData(proto, tensor, neededBytes);
    const inputs = graphs.flatMap((graph) => [...proto.children(graph, GRAPH_INPUT)]);
    const kvBytesPerToken = inputs.reduce((sum, input) => sum + positionBytes(proto, input), 0);
    return { operators, neededBytes, kvBytesPerToken };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = wrongFile(file, `is cut short or no ONNX file: ${cause.message}`);
    throw new InferenceError("MODEL_BROKEN", message, { cause });
  } finally {
    closeSync(descriptor);
  }
}

/** What is wrong with a file that is not what it should be: most often it is not fetched yet. */
function wrongFile(file: string, fault: string): string {
  return `${basename(file)} ${lfsPointerFault(file) ?? fault}`;
}

function openGraph(file: string): number {
  try {
    return openSync(file, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new InferenceError("MODEL_BROKEN", `${file} is missing`, { cause });
  }
}

function operatorsOf(proto: ProtoFile, graph: ByteRange): string[] {
  return [...proto.children(graph, GRAPH_NODE)].flatMap((node) =>
    [...proto.children(node, NODE_OPERATOR)].map((name) => proto.text(name)),
  );
}

/** Bytes of one position of a KV cache's keys or values, [batch, heads, positions, width]; 0 for any other input. */
function positionBytes(proto: ProtoFile, input: ByteRange): number {
  const types = [...proto.children(input, VALUE_TYPE)].flatMap((type) => [...proto.children(type, TYPE_TENSOR)]);
  return types.reduce((sum, tensor) => {
    const dims = [...proto.children(tensor, TENSOR_SHAPE)]
      .flatMap((shape) => [...proto.children(shape, SHAPE_DIMENSION)])
      .map((dim) => proto.number(dim, DIMENSION_VALUE));
    const elementType = proto.number(tensor, TENSOR_ELEMENT_TYPE);
    const { bytes = 0 } = Object.values(ELEMENT_TYPES).find(({ id }) => id === elementType) ?? {};
    const [, heads = 0, , width = 0] = dims;
    return dims.length === 4 ? sum + heads * width * bytes : sum;
  }, 0);
}

/** Adds the file that a tensor lies in, if that is not the graph's own, and how many bytes it must have at least. */
function addExternalData(proto: ProtoFile, tensor: ByteRange, neededBytes: Map<string, number>): void {
  const entries = [...proto.children(tensor, TENSOR_EXTERNAL_DATA)].map((entry) => {
    const [key] = proto.children(entry, ENTRY_KEY);
    const [value] = proto.children(entry, ENTRY_VALUE);
    return [key ? proto.text(key) : "", value ? proto.text(value) : ""] as const;
  });
  const { location, offset = "0", length = "0" } = Object.fromEntries<string | undefined>(entries);
  if (!location) return;
  neededBytes.set(location, Math.max(neededBytes.get(location) ?? 0, Number(offset) + Number(length)));
}

import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { InferenceError } from "../errors.ts";

/** What an ONNX file says that ONNX Runtime's C API does not. */
export interface GraphFile {
  /** Its operators, each once. */
  readonly operators: ReadonlySet<string>;
  /** Its size and that of the files beside it that hold weights. */
  readonly bytes: number;
}

// Field numbers of onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto, StringStringEntryProto).
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const NODE_OPERATOR = 4;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/** Reads an ONNX file. @throws InferenceError MODEL_BROKEN where it, or a file it names, is missing or cut short */
export async function readGraphFile(file: string): Promise<GraphFile> {
  const model = await readFile(file).catch((cause) => unreadable(`cannot read ${file}`, cause));
  const operators = new Set<string>();
  const locations = new Set<string>();
  try {
    for (const graph of fields(model, MODEL_GRAPH)) {
      for (const node of fields(graph, GRAPH_NODE))
        for (const name of fields(node, NODE_OPERATOR)) operators.add(text(name));
      for (const tensor of fields(graph, GRAPH_INITIALIZER)) addLocation(tensor, locations);
    }
  } catch (cause) {
    broken(`${file} is no whole ONNX file: it is cut short or something else`, cause);
  }
  return { operators, bytes: model.length + (await sizeOf(path.dirname(file), locations)) };
}

function addLocation(tensor: Uint8Array, locations: Set<string>): void {
  for (const entry of fields(tensor, TENSOR_EXTERNAL_DATA)) {
    const [key] = fields(entry, ENTRY_KEY);
    const [value] = fields(entry, ENTRY_VALUE);
    if (key && value && text(key) === "location") locations.add(text(value));
  }
}

async function sizeOf(folder: string, locations: Iterable<string>): Promise<number> {
  let bytes = 0;
  for (const location of locations) {
    const file = path.join(folder, location);
    bytes += (await stat(file).catch((cause) => unreadable(`weights are missing: cannot read ${file}`, cause))).size;
  }
  return bytes;
}

/** The length-delimited fields of one number. The messages are walked, not decoded: most of a file is weights. */
function* fields(message: Uint8Array, number: number): Iterable<Uint8Array> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === number) yield reader.bytes();
    else reader.skip(wireType, field);
  }
}

const decoder = new TextDecoder();
const text = (bytes: Uint8Array) => decoder.decode(bytes);

/** A file that cannot be read though it is there, as with too many open, is not the model's fault. */
function unreadable(message: string, cause: NodeJS.ErrnoException): never {
  if (cause.code !== "ENOENT") throw cause;
  broken(message, cause);
}

function broken(message: string, cause: unknown): never {
  throw new InferenceError("MODEL_BROKEN", message, { cause });
}

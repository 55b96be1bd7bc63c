import { closeSync, openSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { InferenceError } from "../errors.ts";
import { pathWithin } from "../path-within.ts";
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
}

// Field numbers of onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto, StringStringEntryProto).
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const NODE_OPERATOR = 4;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/**
 * Reads an ONNX file. Weights within it are skipped, not read, so a file of gigabytes takes no longer than its nodes.
 * `report` hears of each weights file that is missing, too short or no file.
 * @throws InferenceError MODEL_BROKEN if it is missing, cut short, no ONNX graph, or names a file outside its folder; the file
 * system's error if it cannot be read
 */
export function readGraphFile(file: string, report: (fault: string) => void): GraphFile {
  const { operators, neededBytes } = walkGraph(file);
  const weightFiles = [{ path: file, bytes: statSync(file).size }];
  for (const [location, needed] of neededBytes) {
    const path = pathWithin(dirname(file), location, "weights file");
    const found = statSync(path, { throwIfNoEntry: false });
    const graph = basename(file);
    if (!found) report(`${location} is missing; ${graph} keeps weights in it`);
    else if (!found.isFile()) report(`${location} is no regular file; ${graph} keeps weights in it`);
    else if (found.size < needed) report(`${location} has ${found.size} bytes; ${graph} needs ${needed}`);
    else weightFiles.push({ path, bytes: found.size });
  }
  return { operators, weightFiles };
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
    return { operators, neededBytes };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `${basename(file)} is cut short or no ONNX file: ${cause.message}`;
    throw new InferenceError("MODEL_BROKEN", message, { cause });
  } finally {
    closeSync(descriptor);
  }
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

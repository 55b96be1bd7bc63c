import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { within } from "./model-layout.ts";

/** A file that holds weights: the graph itself, or one that it names. */
export interface WeightFile {
  readonly path: string;
  readonly bytes: number;
}

/** The files a graph's weights lie in, the graph's own first; `report` hears of each that is missing, too short or no file. @throws Error for one outside the graph's folder */
export function findWeightFiles(graphFile: string, report: (fault: string) => void): WeightFile[] {
  const files = [{ path: graphFile, bytes: statSync(graphFile).size }];
  for (const [location, neededBytes] of readExternalData(graphFile)) {
    const path = within(dirname(graphFile), location, "weights file");
    const found = statSync(path, { throwIfNoEntry: false });
    const graph = basename(graphFile);
    if (!found) report(`${location} is missing; ${graph} keeps weights in it`);
    else if (!found.isFile()) report(`${location} is no regular file; ${graph} keeps weights in it`);
    else if (found.size < neededBytes) report(`${location} has ${found.size} bytes; ${graph} needs ${neededBytes}`);
    else files.push({ path, bytes: found.size });
  }
  return files;
}

/** Field numbers of onnx.proto: ModelProto, GraphProto, TensorProto, StringStringEntryProto. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/**
 * The files that an ONNX graph keeps weights in, and how many bytes each must have at least. Weights within the graph are
 * skipped, not read, so a file of gigabytes takes no longer than its nodes.
 * @throws Error if the file is cut short or no ONNX graph
 */
function readExternalData(file: string): ReadonlyMap<string, number> {
  const descriptor = openSync(file, "r");
  try {
    const graph = new ProtoFile(descriptor);
    const neededBytes = new Map<string, number>();
    let hasGraph = false;
    for (const message of graph.children(graph.whole, MODEL_GRAPH)) {
      hasGraph = true;
      for (const tensor of graph.children(message, GRAPH_INITIALIZER)) addExternalData(graph, tensor, neededBytes);
    }
    if (!hasGraph) throw new RangeError("it has no graph");
    return neededBytes;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error(`${basename(file)} is cut short or no ONNX file: ${error.message}`, { cause: error });
  } finally {
    closeSync(descriptor);
  }
}

function addExternalData(graph: ProtoFile, tensor: Range, neededBytes: Map<string, number>): void {
  const entries = [...graph.children(tensor, TENSOR_EXTERNAL_DATA)].map((entry) => {
    const [key] = graph.children(entry, ENTRY_KEY);
    const [value] = graph.children(entry, ENTRY_VALUE);
    return [key ? graph.text(key) : "", value ? graph.text(value) : ""] as const;
  });
  const { location, offset = "0", length = "0" } = Object.fromEntries<string | undefined>(entries);
  if (!location) return;
  neededBytes.set(location, Math.max(neededBytes.get(location) ?? 0, Number(offset) + Number(length)));
}

/** Bytes of a file, from the first to before the last. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const WINDOW_BYTES = 65_536;
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Walks protobuf messages in a file through a small window, so what is skipped is never read. */
class ProtoFile {
  readonly whole: Range;
  readonly #descriptor: number;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #windowStart = 0;
  #windowBytes = 0;
  #position = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.whole = { start: 0, end: fstatSync(descriptor).size };
  }

  /** A message's length-delimited fields of one number. @throws RangeError where the message ends early */
  *children(message: Range, number: number): Iterable<Range> {
    for (let next = message.start; next < message.end; ) {
      this.#position = next;
      const tag = this.#varint();
      const child = { start: this.#position, end: this.#end(tag % 8) };
      if (child.end > message.end) throw new RangeError(`a field ends at byte ${child.end} of ${message.end}`);
      next = child.end;
      if (Math.floor(tag / 8) === number && tag % 8 === LENGTH_DELIMITED)
        yield { start: this.#position, end: child.end };
    }
  }

  text({ start, end }: Range): string {
    const bytes = Buffer.alloc(end - start);
    readSync(this.#descriptor, bytes, 0, bytes.length, start);
    return bytes.toString();
  }

  /** End of the field at the position; moves to its content. */
  #end(wireType: number): number {
    if (wireType === LENGTH_DELIMITED) {
      const length = this.#varint();
      return this.#position + length;
    }
    if (wireType === VARINT) this.#varint();
    else if (wireType === FIXED64) this.#position += 8;
    else if (wireType === FIXED32) this.#position += 4;
    else throw new RangeError(`wire type ${wireType} at byte ${this.#position}`);
    return this.#position;
  }

  /** Exact up to 2^53, beyond any file. */
  #varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError(`a number at byte ${this.#position} does not end`);
  }

  #byte(): number {
    const offset = this.#position - this.#windowStart;
    if (offset < 0 || offset >= this.#windowBytes) return this.#byteOfNextWindow();
    this.#position++;
    return this.#window[offset]!;
  }

  #byteOfNextWindow(): number {
    this.#windowStart = this.#position;
    this.#windowBytes = readSync(this.#descriptor, this.#window, 0, WINDOW_BYTES, this.#position);
    if (this.#windowBytes === 0) throw new RangeError(`it ends at byte ${this.#position}`);
    this.#position++;
    return this.#window[0]!;
  }
}

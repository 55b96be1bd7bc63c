import koffi from "koffi";
import type { DisposableStack } from "./disposable-stack.ts";
import { appendProvider, type Device } from "./execution-provider.ts";
import type { Ort, OrtPointer } from "./ort-api.ts";

/** An input or output of a graph. */
export interface TensorInfo {
  readonly name: string;
  /** ONNX's number of the element type. */
  readonly elementType: number;
  /** -1 where the graph leaves it open. */
  readonly dims: readonly number[];
}

/** A graph in memory, ready to run. */
export interface OrtSession {
  readonly pointer: OrtPointer;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

export interface OrtSessionOptions {
  readonly graphFile: string;
  readonly device: Device;
  /** Threads of one kernel. Default: the physical cores. */
  readonly numThreads: number | undefined;
  readonly owned: DisposableStack;
}

/** Reads and prepares a graph off the event loop. @throws OrtError */
export async function openSession(
  ort: Ort,
  { graphFile, device, numThreads, owned }: OrtSessionOptions,
): Promise<OrtSession> {
  const options = ort.get("CreateSessionOptions");
  try {
    if (numThreads !== undefined) ort.call("SetIntraOpNumThreads", options, numThreads);
    appendProvider(ort, options, device);
    const pointer = await ort.getAsync("CreateSession", ort.env, graphFile, options);
    owned.defer(() => ort.release("ReleaseSession", pointer));
    return { pointer, inputs: describe(ort, pointer, "Input"), outputs: describe(ort, pointer, "Output") };
  } finally {
    ort.release("ReleaseSessionOptions", options);
  }
}

function describe(ort: Ort, session: OrtPointer, side: "Input" | "Output"): readonly TensorInfo[] {
  const count = Number(ort.get<number | bigint>(`SessionGet${side}Count`, session));
  const allocator = ort.get("GetAllocatorWithDefaultOptions");
  return Array.from({ length: count }, (_, i) => {
    const name = ort.get(`SessionGet${side}Name`, session, i, allocator);
    try {
      const type = describeType(ort, ort.get(`SessionGet${side}TypeInfo`, session, i));
      return { name: koffi.decode.string(name), ...type };
    } finally {
      ort.call("AllocatorFree", allocator, name);
    }
  });
}

function describeType(ort: Ort, typeInfo: OrtPointer): Omit<TensorInfo, "name"> {
  try {
    const tensorInfo = ort.get<OrtPointer | null>("CastTypeInfoToTensorInfo", typeInfo);
    if (!tensorInfo) return { elementType: 0, dims: [] }; // a sequence, a map: nothing a decoder has
    const dims = new BigInt64Array(Number(ort.get<number | bigint>("GetDimensionsCount", tensorInfo)));
    ort.call("GetDimensions", tensorInfo, dims, dims.length);
    return { elementType: ort.get<number>("GetTensorElementType", tensorInfo), dims: Array.from(dims, Number) };
  } finally {
    ort.release("ReleaseTypeInfo", typeInfo);
  }
}

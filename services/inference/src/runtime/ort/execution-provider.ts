import koffi from "koffi";
import { InferenceError } from "../../errors.ts";
import { loadOrt, type Ort, type OrtPointer } from "./ort-api.ts";
import { type ExecutionProvider, isInHostMemory, PROVIDERS } from "./providers.ts";

/** A provider and which of its devices, from 0. */
export interface Device {
  /** As asked for: "cuda:0". */
  readonly name: string;
  readonly provider: ExecutionProvider;
  readonly index: number;
}

/** Reads "cpu", "webgpu", "cuda:1". @throws InferenceError INVALID_ARGUMENT where this library cannot compute on it */
export function findDevice(ort: Ort, name: string): Device {
  const [, type = "", index = "0"] = /^([a-z]+)(?::(\d+))?$/.exec(name) ?? [];
  const available = availableProviders(ort);
  const provider = PROVIDERS[type];
  if (provider && available.includes(provider.listedName)) return { name, provider, index: Number(index) };
  const offered = Object.keys(PROVIDERS).filter((key) => available.includes(PROVIDERS[key]!.listedName));
  throw new InferenceError(
    "INVALID_ARGUMENT",
    `device "${name}" is not available: this ONNX Runtime offers ${offered.join(", ")}`,
  );
}

/**
 * Makes sure that a device can be computed on, before any model is loaded.
 * @throws InferenceError INVALID_ARGUMENT saying what there is, or what it lacks
 */
export function requireDevice(name: string): Device {
  const ort = loadOrt();
  const device = findDevice(ort, name);
  const sessionOptions = ort.get("CreateSessionOptions");
  try {
    appendProvider(ort, sessionOptions, device);
    return device;
  } catch (cause) {
    const fault = `device "${name}" cannot be used: ${(cause as Error).message}${deviceHint(name)}`;
    throw new InferenceError("INVALID_ARGUMENT", fault, { cause });
  } finally {
    ort.release("ReleaseSessionOptions", sessionOptions);
  }
}

/** Rows of a KV cache on it: they move by copying. */
export function mostRows({ provider }: Device): number {
  return isInHostMemory(provider) ? Number.POSITIVE_INFINITY : 1;
}

/** What to do where a device fails, if more is known than its error says. */
export function deviceHint(name: string): string {
  return name.startsWith("cuda") ? "; CUDA needs onnxruntime-node's CUDA files, see the README" : "";
}

/** Execution providers compiled into the library, in its own names. */
function availableProviders(ort: Ort): readonly string[] {
  const count: [number] = [0];
  const list: [OrtPointer] = [0n];
  ort.call("GetAvailableProviders", list, count);
  const names = koffi.decode(list[0], "str", count[0]) as string[];
  ort.call("ReleaseAvailableProviders", list[0], count[0]);
  return names;
}

/** Makes a session under these options compute on the device, as far as it has the kernels. */
export function appendProvider(ort: Ort, sessionOptions: OrtPointer, { provider, index }: Device): void {
  if (provider.optionName === undefined) return;
  if (provider.optionName === "CUDA") appendCuda(ort, sessionOptions, index);
  else ort.call("SessionOptionsAppendExecutionProvider", sessionOptions, provider.optionName, [], [], 0);
}

function appendCuda(ort: Ort, sessionOptions: OrtPointer, index: number): void {
  const cudaOptions = ort.get("CreateCUDAProviderOptions");
  try {
    ort.call("UpdateCUDAProviderOptions", cudaOptions, ["device_id"], [String(index)], 1);
    ort.call("SessionOptionsAppendExecutionProvider_CUDA_V2", sessionOptions, cudaOptions);
  } finally {
    ort.release("ReleaseCUDAProviderOptions", cudaOptions);
  }
}

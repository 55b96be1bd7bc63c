import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import koffi, { type KoffiFunc, type LibraryHandle } from "koffi";

/** Address of something ONNX Runtime owns: a session, a tensor, tensor memory. */
export type OrtPointer = bigint;

const filePath = process.platform === "win32" ? "str16" : "str"; // ORTCHAR_T
const made = koffi.out("void**");

/**
 * The functions used here: place in the `OrtApi` table, result and arguments, as in onnxruntime_c_api.h. ONNX Runtime
 * only ever appends to that table, so a place once given stays (its ORT_API_VERSION rule).
 */
const FUNCTIONS = {
  GetErrorCode: [1, "int", ["void*"]],
  GetErrorMessage: [2, "str", ["void*"]],
  CreateEnv: [3, "void*", ["int", "str", made]],
  CreateSession: [7, "void*", ["void*", filePath, "void*", made]],
  CreateSessionOptions: [10, "void*", [made]],
  SetIntraOpNumThreads: [24, "void*", ["void*", "int"]],
  SessionGetInputCount: [30, "void*", ["void*", koffi.out("size_t*")]],
  SessionGetOutputCount: [31, "void*", ["void*", koffi.out("size_t*")]],
  SessionGetInputTypeInfo: [33, "void*", ["void*", "size_t", made]],
  SessionGetOutputTypeInfo: [34, "void*", ["void*", "size_t", made]],
  SessionGetInputName: [36, "void*", ["void*", "size_t", "void*", made]],
  SessionGetOutputName: [37, "void*", ["void*", "size_t", "void*", made]],
  CreateTensorAsOrtValue: [48, "void*", ["void*", "int64_t*", "size_t", "int", made]],
  CreateTensorWithDataAsOrtValue: [49, "void*", ["void*", "void*", "size_t", "int64_t*", "size_t", "int", made]],
  GetTensorMutableData: [51, "void*", ["void*", made]],
  CastTypeInfoToTensorInfo: [55, "void*", ["void*", made]],
  GetTensorElementType: [60, "void*", ["void*", koffi.out("int*")]],
  GetDimensionsCount: [61, "void*", ["void*", koffi.out("size_t*")]],
  GetDimensions: [62, "void*", ["void*", "int64_t*", "size_t"]],
  CreateMemoryInfo: [68, "void*", ["str", "int", "int", "int", made]],
  AllocatorFree: [76, "void*", ["void*", "void*"]],
  GetAllocatorWithDefaultOptions: [78, "void*", [made]],
  ReleaseStatus: [93, "void", ["void*"]],
  ReleaseMemoryInfo: [94, "void", ["void*"]],
  ReleaseSession: [95, "void", ["void*"]],
  ReleaseValue: [96, "void", ["void*"]],
  ReleaseTypeInfo: [98, "void", ["void*"]],
  ReleaseSessionOptions: [100, "void", ["void*"]],
  GetAvailableProviders: [125, "void*", [made, koffi.out("int*")]],
  ReleaseAvailableProviders: [126, "void*", ["void*", "int"]],
  CreateAllocator: [131, "void*", ["void*", "void*", made]],
  ReleaseAllocator: [132, "void", ["void*"]],
  RunWithBinding: [133, "void*", ["void*", "void*", "void*"]],
  CreateIoBinding: [134, "void*", ["void*", made]],
  ReleaseIoBinding: [135, "void", ["void*"]],
  BindInput: [136, "void*", ["void*", "str", "void*"]],
  BindOutput: [137, "void*", ["void*", "str", "void*"]],
  SynchronizeBoundOutputs: [203, "void*", ["void*"]],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, "void*", ["void*", "void*"]],
  CreateCUDAProviderOptions: [205, "void*", [made]],
  UpdateCUDAProviderOptions: [206, "void*", ["void*", "const char**", "const char**", "size_t"]],
  ReleaseCUDAProviderOptions: [208, "void", ["void*"]],
  SessionOptionsAppendExecutionProvider: [216, "void*", ["void*", "str", "const char**", "const char**", "size_t"]],
} as const;

type OrtFunction = keyof typeof FUNCTIONS;
type OrtRelease = Extract<OrtFunction, `Release${string}`>;

const API_VERSION = 17; // the first with all of them
const LOG_FATAL = 4; // errors are thrown, with the same text
const STACK_BYTES = 8 << 20; // kernels recurse deeper than koffi's 128 KiB for async calls allow
const ERROR_CODES =
  "OK FAIL INVALID_ARGUMENT NO_SUCHFILE NO_MODEL ENGINE_ERROR RUNTIME_EXCEPTION INVALID_PROTOBUF MODEL_LOADED NOT_IMPLEMENTED INVALID_GRAPH EP_FAIL".split(
    " ",
  );

/** A call that ONNX Runtime refused, with its own code (`INVALID_PROTOBUF`, `NO_SUCHFILE`, ...) and message. */
export class OrtError extends Error {
  override readonly name = "OrtError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** ONNX Runtime's C API. Arguments are the C function's own; a refused call throws (or rejects with) OrtError. */
export interface Ort {
  /** The process's one environment. */
  readonly env: OrtPointer;
  call(name: OrtFunction, ...args: readonly unknown[]): void;
  /** What the function writes to its last argument, which is left out of `args`. */
  get<T = OrtPointer>(name: OrtFunction, ...args: readonly unknown[]): T;
  /** As `call`, on a thread of libuv's pool. */
  callAsync(name: OrtFunction, ...args: readonly unknown[]): Promise<void>;
  /** As `get`, on a thread of libuv's pool. */
  getAsync(name: OrtFunction, ...args: readonly unknown[]): Promise<OrtPointer>;
  release(name: OrtRelease, pointer: OrtPointer): void;
}

let loaded: Ort | undefined;
/** Held for ever: koffi unloads a library that the garbage collector takes, from under its functions. */
let library: LibraryHandle | undefined;

/** The library that onnxruntime-node ships for this machine, loaded once a process. @throws Error where it ships none */
export function loadOrt(): Ort {
  loaded ??= createOrt(bindFunctions());
  return loaded;
}

/** File of the library. The names differ by system: libonnxruntime.so.1, libonnxruntime.1.dylib, onnxruntime.dll. */
function libraryFile(): string {
  const root = path.dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const names: Partial<Record<NodeJS.Platform, string>> = {
    darwin: "libonnxruntime.1.dylib",
    win32: "onnxruntime.dll",
  };
  const name = names[process.platform] ?? "libonnxruntime.so.1";
  const file = path.join(root, "bin/napi-v6", process.platform, process.arch, name);
  if (existsSync(file)) return file;
  throw new Error(`onnxruntime-node ships no library for ${process.platform} ${process.arch}: there is no ${file}`);
}

function bindFunctions(): Record<OrtFunction, KoffiFunc<(...args: readonly unknown[]) => unknown>> {
  const config = koffi.config(); // may be set only before the first library of a process
  if (config.async_stack_size !== STACK_BYTES)
    koffi.config({ ...config, sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });
  library ??= koffi.load(libraryFile());
  const base = library.func("OrtGetApiBase", "void*", [])() as OrtPointer;
  const [getApi] = koffi.decode(base, "void*", 1) as [OrtPointer];
  const api = koffi.decode(getApi, koffi.proto("void*", ["uint32_t"]))(API_VERSION) as OrtPointer | null;
  if (!api) throw new Error(`onnxruntime-node's library has no API version ${API_VERSION}`);
  const size = Math.max(...Object.values(FUNCTIONS).map(([place]) => place)) + 1;
  const table = koffi.decode(api, "void*", size) as OrtPointer[];
  const bind = ([place, result, args]: (typeof FUNCTIONS)[OrtFunction]) =>
    koffi.decode(table[place], koffi.proto(result, [...args]));
  return Object.fromEntries(Object.entries(FUNCTIONS).map(([name, entry]) => [name, bind(entry)])) as ReturnType<
    typeof bindFunctions
  >;
}

function createOrt(functions: ReturnType<typeof bindFunctions>): Ort {
  const check = (status: unknown): void => {
    if (!status) return;
    const code = ERROR_CODES[functions.GetErrorCode(status) as number] ?? "FAIL";
    const message = (functions.GetErrorMessage(status) as string).trim();
    functions.ReleaseStatus(status);
    throw new OrtError(code, message);
  };
  const call: Ort["call"] = (name, ...args) => check(functions[name](...args));
  const get = <T>(name: OrtFunction, ...args: readonly unknown[]): T => {
    const out: [T | null] = [null];
    check(functions[name](...args, out));
    return out[0] as T;
  };
  const callAsync: Ort["callAsync"] = async (name, ...args) =>
    check(
      await new Promise((resolve, reject) => {
        functions[name].async(...args, (error: unknown, status: unknown) => (error ? reject(error) : resolve(status)));
      }),
    );
  const getAsync: Ort["getAsync"] = async (name, ...args) => {
    const out: [OrtPointer | null] = [null];
    await callAsync(name, ...args, out);
    return out[0] as OrtPointer;
  };
  const release: Ort["release"] = (name, pointer) => void functions[name](pointer);
  return { env: get("CreateEnv", LOG_FATAL, "cria"), call, get, callAsync, getAsync, release };
}

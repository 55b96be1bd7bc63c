import koffi, { type LibraryHandle } from "koffi";
import type { Device } from "./execution-provider.ts";
import type { Ort, OrtPointer } from "./ort-api.ts";

/** ONNX Runtime's name of the host's memory. */
export const HOST_MEMORY = "Cpu";

const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;

/** Memory that tensors may lie in: the host's or a device's. */
export interface Memory {
  /** Describes it, for tensors over a part of it. */
  readonly info: OrtPointer;
  readonly allocator: OrtPointer;
  release(): void;
}

/** The host's memory, allocated without an arena: what is released goes back to the system. */
export function hostMemory(ort: Ort): Memory {
  const info = ort.get("CreateMemoryInfo", HOST_MEMORY, DEVICE_ALLOCATOR, 0, DEFAULT_MEMORY);
  const allocator = ort.get("GetAllocatorWithDefaultOptions"); // ONNX Runtime's own, never released
  return { info, allocator, release: () => ort.release("ReleaseMemoryInfo", info) };
}

/** The memory in which a session computes. */
export function deviceMemory(ort: Ort, session: OrtPointer, { provider, index }: Device): Memory {
  if (provider.memoryName === HOST_MEMORY) return hostMemory(ort);
  const info = ort.get("CreateMemoryInfo", provider.memoryName, DEVICE_ALLOCATOR, index, DEFAULT_MEMORY);
  const allocator = ort.get("CreateAllocator", session, info);
  const release = () => {
    ort.release("ReleaseAllocator", allocator);
    ort.release("ReleaseMemoryInfo", info);
  };
  return { info, allocator, release };
}

let libc: LibraryHandle | undefined;

/**
 * Tells glibc to give the system what is free, off the event loop. By itself it keeps weights and KV caches that were
 * released: after a model of 135M, 370 MB resident against 135.
 */
export function returnFreeMemory(): void {
  if (process.platform !== "linux") return;
  libc ??= koffi.load("libc.so.6");
  libc.func("malloc_trim", "int", ["size_t"]).async(0, () => undefined);
}

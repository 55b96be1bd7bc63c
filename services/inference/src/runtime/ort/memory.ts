import koffi, { type LibraryHandle } from "koffi";
import type { DisposableStack } from "./disposable-stack.ts";
import type { Device } from "./execution-provider.ts";
import type { Ort, OrtPointer } from "./ort-api.ts";

/** ONNX Runtime's name of the host's memory. */
const HOST_MEMORY = "Cpu";

const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;

/** Memory that tensors may lie in: the host's or a device's. */
export interface Memory {
  /** Describes it, for tensors over a part of it. */
  readonly info: OrtPointer;
  readonly allocator: OrtPointer;
}

/** The host's memory, allocated without an arena: what is released goes back to the system. */
export function hostMemory(ort: Ort, owned: DisposableStack): Memory {
  const info = memoryInfo(ort, HOST_MEMORY, 0, owned);
  return { info, allocator: ort.get("GetAllocatorWithDefaultOptions") }; // ONNX Runtime's own, never released
}

/** The memory in which a session computes. */
export function deviceMemory(
  ort: Ort,
  session: OrtPointer,
  { provider, index }: Device,
  owned: DisposableStack,
): Memory {
  if (provider.memoryName === HOST_MEMORY) return hostMemory(ort, owned);
  const info = memoryInfo(ort, provider.memoryName, index, owned);
  const allocator = ort.get("CreateAllocator", session, info);
  owned.defer(() => ort.release("ReleaseAllocator", allocator));
  return { info, allocator };
}

function memoryInfo(ort: Ort, name: string, index: number, owned: DisposableStack): OrtPointer {
  const info = ort.get("CreateMemoryInfo", name, DEVICE_ALLOCATOR, index, DEFAULT_MEMORY);
  owned.defer(() => ort.release("ReleaseMemoryInfo", info));
  return info;
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

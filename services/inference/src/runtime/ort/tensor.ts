import koffi from "koffi";
import { ELEMENT_TYPES, type ElementType } from "../../model-folder/graph/element-types.ts";
import type { DisposableStack } from "./disposable-stack.ts";
import type { Memory } from "./memory.ts";
import type { Ort, OrtPointer } from "./ort-api.ts";

/** Memory that ONNX Runtime owns, in C order; releasing `value` gives it back, and with it all views of it. */
export interface Tensor {
  readonly value: OrtPointer;
  /** Of the first element: an address, on WebGPU and DirectML a handle. */
  readonly data: OrtPointer;
}

/**
 * Lets ONNX Runtime allocate, so that no memory the garbage collector moves or frees is ever behind a tensor. Not
 * zero-filled: pages are the process's only once they are written.
 */
export function createTensor(
  ort: Ort,
  { memory, type, dims, owned }: { memory: Memory; type: ElementType; dims: readonly number[]; owned: DisposableStack },
): Tensor {
  const shape = BigInt64Array.from(dims, BigInt);
  const value = ort.get("CreateTensorAsOrtValue", memory.allocator, shape, dims.length, ELEMENT_TYPES[type].id);
  owned.defer(() => ort.release("ReleaseValue", value));
  return { value, data: ort.get("GetTensorMutableData", value) };
}

/** A tensor over memory of another one, from `data` on. Release it with `ReleaseValue`; the memory stays. */
export function viewTensor(
  ort: Ort,
  memory: Memory,
  data: OrtPointer,
  type: ElementType,
  dims: readonly number[],
): OrtPointer {
  const { id, bytes } = ELEMENT_TYPES[type];
  const byteLength = dims.reduce((product, dim) => product * dim, bytes);
  const shape = BigInt64Array.from(dims, BigInt);
  return ort.get("CreateTensorWithDataAsOrtValue", memory.info, data, byteLength, shape, dims.length, id);
}

/** Bytes of a tensor in host memory, as JavaScript reads and writes them; dangling once the tensor is released. */
export function tensorBytes(tensor: Tensor, byteLength: number): ArrayBuffer {
  return koffi.view(tensor.data, byteLength);
}

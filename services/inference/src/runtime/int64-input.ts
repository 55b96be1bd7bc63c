import type { DisposableStack } from "./ort/disposable-stack.ts";
import type { Memory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";
import { createTensor, type Tensor, tensorBytes, viewTensor } from "./ort/tensor.ts";

/** One of a graph's int64 inputs: memory for its largest shape, made once, of which each step uses the beginning. */
export class Int64Input {
  readonly #data: BigInt64Array;
  /** Low and high halves: integers below 2^31 are written without making BigInts. All supported machines are little-endian. */
  readonly #halves: Int32Array;
  readonly #ort: Ort;
  readonly #memory: Memory;
  readonly #tensor: Tensor;
  #view: OrtPointer | undefined;
  #rows = -1;
  #columns = -1;

  constructor(ort: Ort, memory: Memory, capacity: number, owned: DisposableStack) {
    this.#ort = ort;
    this.#memory = memory;
    this.#tensor = createTensor(ort, { memory, type: "int64", dims: [capacity], owned });
    owned.defer(() => this.#releaseView());
    this.#data = new BigInt64Array(tensorBytes(this.#tensor, capacity * BigInt64Array.BYTES_PER_ELEMENT)).fill(0n);
    this.#halves = new Int32Array(this.#data.buffer);
  }

  /** Writes one element, 0 to 2^31 - 1. */
  set(index: number, value: number): void {
    this.#halves[2 * index] = value;
  }

  /** Writes elements from `start` to before `end`. */
  fill(value: bigint, start: number, end: number): void {
    this.#data.fill(value, start, end);
  }

  /** Tensor [rows, columns] over the first elements; valid until the next call. */
  view(rows: number, columns: number): OrtPointer {
    if (this.#view !== undefined && rows === this.#rows && columns === this.#columns) return this.#view;
    this.#releaseView();
    this.#view = viewTensor(this.#ort, this.#memory, this.#tensor.data, "int64", [rows, columns]);
    this.#rows = rows;
    this.#columns = columns;
    return this.#view;
  }

  #releaseView(): void {
    if (this.#view !== undefined) this.#ort.release("ReleaseValue", this.#view);
    this.#view = undefined;
  }
}

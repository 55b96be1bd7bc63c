import type { RowMove } from "../engine/step-plan.ts";
import type { DecoderGraph } from "./graph/decoder-graph.ts";
import { ELEMENT_TYPES } from "./ort/element-types.ts";
import type { Memory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";
import type { ReleaseStack } from "./ort/release-stack.ts";
import { copyBytes, createTensor, type Tensor, viewTensor } from "./ort/tensor.ts";

export interface KvCacheOptions {
  readonly graph: DecoderGraph;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  /** Where it lies. */
  readonly memory: Memory;
  readonly owned: ReleaseStack;
}

/**
 * Keys and values of all sequences: for each layer's keys and each layer's values one buffer
 * [maxNumSeqs, numKvHeads, maxModelLen, headDim]. A row is a sequence. GroupQueryAttention writes new positions in place
 * where past and present are one buffer.
 */
export class KvCache {
  readonly #ort: Ort;
  readonly #options: KvCacheOptions;
  readonly #buffers: readonly Tensor[];
  /** Bytes of one position of one head. */
  readonly #positionBytes: number;

  constructor(ort: Ort, options: KvCacheOptions) {
    const { graph, maxNumSeqs, maxModelLen, memory, owned } = options;
    const dims = [maxNumSeqs, graph.numKvHeads, maxModelLen, graph.headDim];
    this.#ort = ort;
    this.#options = options;
    this.#buffers = graph.kv.map(() => createTensor(ort, { memory, type: graph.kvType, dims, owned }));
    this.#positionBytes = graph.headDim * ELEMENT_TYPES[graph.kvType].bytes;
  }

  /** Bytes reserved; on a CPU the process holds them only as rows fill. */
  get bytes(): number {
    return this.#buffers.length * this.#options.maxNumSeqs * this.#rowBytes;
  }

  /** View of some rows of the graph's `kv[index]`, to be released: [numRows, numKvHeads, maxModelLen, headDim]. */
  viewRows(index: number, firstRow: number, numRows: number): OrtPointer {
    const { graph, maxModelLen, memory } = this.#options;
    const data = this.#buffers[index]!.data + BigInt(firstRow * this.#rowBytes);
    return viewTensor(this.#ort, memory, data, graph.kvType, [numRows, graph.numKvHeads, maxModelLen, graph.headDim]);
  }

  /** Copies a row's first positions to another row: head by head, because only within a head do positions follow each other. */
  move({ from, to, length }: RowMove): void {
    if (length === 0 || from === to) return;
    const headBytes = this.#options.maxModelLen * this.#positionBytes;
    for (const { data } of this.#buffers) {
      for (let head = 0; head < this.#options.graph.numKvHeads; head++) {
        const source = data + BigInt(from * this.#rowBytes + head * headBytes);
        const target = data + BigInt(to * this.#rowBytes + head * headBytes);
        copyBytes(source, target, length * this.#positionBytes);
      }
    }
  }

  get #rowBytes(): number {
    return this.#options.graph.numKvHeads * this.#options.maxModelLen * this.#positionBytes;
  }
}

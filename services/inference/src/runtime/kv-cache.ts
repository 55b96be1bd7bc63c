import type { RowMove } from "../engine/step-plan.ts";
import { ELEMENT_TYPES } from "../model-folder/graph/element-types.ts";
import type { BlockMemory } from "./block-store.ts";
import type { DecoderGraph } from "./graph/decoder-graph.ts";
import { type ByteCopy, copyInTurns } from "./ort/copy.ts";
import { DisposableStack } from "./ort/disposable-stack.ts";
import type { Memory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";
import { createTensor, type Tensor, viewTensor } from "./ort/tensor.ts";

export interface KvCacheOptions {
  readonly graph: DecoderGraph;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  /** Where it lies. */
  readonly memory: Memory;
  readonly owned: DisposableStack;
}

/** Positions of one row. */
export interface PositionRange {
  readonly row: number;
  /** The first of them. */
  readonly start: number;
  readonly length: number;
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

  /** Bytes of some positions of one row. */
  blockBytes(length: number): number {
    return this.#buffers.length * this.#options.graph.numKvHeads * length * this.#positionBytes;
  }

  /** Memory for a block, where the rows are. */
  allocateBlock(length: number): BlockMemory {
    const { graph, memory } = this.#options;
    const owned = new DisposableStack();
    const dims = [this.#buffers.length, graph.numKvHeads, length, graph.headDim];
    const { data } = createTensor(this.#ort, { memory, type: graph.kvType, dims, owned });
    return { data, release: () => owned.dispose() };
  }

  /** View of some rows of the graph's `kv[index]`, to be released: [numRows, numKvHeads, maxModelLen, headDim]. */
  viewRows(index: number, firstRow: number, numRows: number): OrtPointer {
    const { graph, maxModelLen, memory } = this.#options;
    const data = this.#buffers[index]!.data + BigInt(firstRow * this.#rowBytes);
    return viewTensor(this.#ort, memory, data, graph.kvType, [numRows, graph.numKvHeads, maxModelLen, graph.headDim]);
  }

  /** Copies a row's first positions to another row, giving the event loop turns. */
  async move({ from, to, length }: RowMove): Promise<void> {
    if (length === 0 || from === to) return;
    await copyInTurns(this.#copiesOfMove({ from, to, length }));
  }

  /** Copies positions of a row to a block's memory, giving the event loop turns. */
  async readBlock(range: PositionRange, block: OrtPointer): Promise<void> {
    await copyInTurns(this.#copiesOfBlock(range, (inRow, inBlock) => [inRow, block + inBlock]));
  }

  /** Copies a block back into a row, giving the event loop turns. */
  async writeBlock(range: PositionRange, block: OrtPointer): Promise<void> {
    await copyInTurns(this.#copiesOfBlock(range, (inRow, inBlock) => [block + inBlock, inRow]));
  }

  /** A block is [2 * layers, numKvHeads, length, headDim]. */
  *#copiesOfBlock(
    { row, start, length }: PositionRange,
    direct: (inRow: OrtPointer, inBlock: bigint) => readonly [OrtPointer, OrtPointer],
  ): Iterable<ByteCopy> {
    const headBytes = this.#options.maxModelLen * this.#positionBytes;
    const byteLength = length * this.#positionBytes;
    let inBlock = 0n;
    for (const { data } of this.#buffers) {
      for (let head = 0; head < this.#options.graph.numKvHeads; head++) {
        const inRow = data + BigInt(row * this.#rowBytes + head * headBytes + start * this.#positionBytes);
        const [source, target] = direct(inRow, inBlock);
        yield { source, target, byteLength };
        inBlock += BigInt(byteLength);
      }
    }
  }

  /** Head by head, because only within a head do positions follow each other. */
  *#copiesOfMove({ from, to, length }: RowMove): Iterable<ByteCopy> {
    const headBytes = this.#options.maxModelLen * this.#positionBytes;
    const byteLength = length * this.#positionBytes;
    for (const { data } of this.#buffers) {
      for (let head = 0; head < this.#options.graph.numKvHeads; head++) {
        const source = data + BigInt(from * this.#rowBytes + head * headBytes);
        const target = data + BigInt(to * this.#rowBytes + head * headBytes);
        yield { source, target, byteLength };
      }
    }
  }

  get #rowBytes(): number {
    return this.#options.graph.numKvHeads * this.#options.maxModelLen * this.#positionBytes;
  }
}

import { MAX_ROW_LOGITS } from "../engine/step-plan.ts";
import { ELEMENT_TYPES } from "../model-folder/graph/element-types.ts";
import type { PassShape } from "./decoder-inputs.ts";
import { float16ToFloat32 } from "./float16.ts";
import type { DecoderGraph } from "./graph/decoder-graph.ts";
import type { DisposableStack } from "./ort/disposable-stack.ts";
import type { Memory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";
import { createTensor, type Tensor, tensorBytes, viewTensor } from "./ort/tensor.ts";

export interface LogitsOutputOptions {
  readonly graph: DecoderGraph;
  readonly maxNumSeqs: number;
  readonly host: Memory;
  readonly owned: DisposableStack;
}

/** Where a graph writes logits, and what the engine reads of them: last positions of each row, as float32. */
export class LogitsOutput {
  /** Tensor [1, 1, vocabSize], for a binding between passes: what is bound stays, and logits of all positions are large. */
  readonly oneRow: OrtPointer;
  readonly #ort: Ort;
  readonly #graph: DecoderGraph;
  readonly #host: Memory;
  /** As many rows of vocabSize as a pass may yield, in the graph's type. */
  readonly #tensor: Tensor;
  readonly #elements: Float32Array | Uint16Array;
  /** The same memory where the graph's type is float32. */
  readonly #logits: Float32Array;
  /** Logits of all new positions of one row, for the length of a pass. */
  #allPositions: Tensor | undefined;

  constructor(ort: Ort, { graph, maxNumSeqs, host, owned }: LogitsOutputOptions) {
    const count = Math.max(maxNumSeqs, MAX_ROW_LOGITS) * graph.vocabSize;
    this.#ort = ort;
    this.#graph = graph;
    this.#host = host;
    this.#tensor = createTensor(ort, { memory: host, type: graph.logitsType, dims: [count], owned });
    this.#elements = this.#elementsOf(this.#tensor, count);
    this.#logits = this.#elements instanceof Float32Array ? this.#elements : new Float32Array(count);
    this.oneRow = this.view({ firstRow: 0, numRows: 1, numTokens: 1, totalLength: 1, numLogits: 1 }, owned);
  }

  /** Tensor for a pass to write to, until `owned` is released. */
  view({ numRows, numTokens, numLogits }: PassShape, owned: DisposableStack): OrtPointer {
    const { gathersLogits, logitsType, vocabSize } = this.#graph;
    this.#allPositions = undefined;
    const dims = [numRows, gathersLogits ? numLogits : numTokens, vocabSize];
    if (gathersLogits || numTokens === 1) {
      const view = viewTensor(this.#ort, this.#host, this.#tensor.data, logitsType, dims);
      owned.defer(() => this.#ort.release("ReleaseValue", view));
      return view;
    }
    this.#allPositions = createTensor(this.#ort, { memory: this.#host, type: logitsType, dims, owned });
    return this.#allPositions.value;
  }

  /** What the pass wrote: float32 [numRows * numLogits, vocabSize], empty where none were wanted. Valid until the next pass. */
  read({ numRows, numTokens, numLogits }: PassShape): Float32Array {
    const count = numRows * numLogits * this.#graph.vocabSize;
    if (count > 0 && this.#allPositions) this.#takeLast(count, this.#allPositions, numTokens);
    if (this.#elements instanceof Uint16Array) float16ToFloat32(this.#elements, this.#logits, count);
    return this.#logits.subarray(0, count);
  }

  #takeLast(count: number, allPositions: Tensor, numTokens: number): void {
    this.#elements.set(this.#elementsOf(allPositions, numTokens * this.#graph.vocabSize).subarray(-count));
  }

  #elementsOf(tensor: Tensor, count: number): Float32Array | Uint16Array {
    const { logitsType } = this.#graph;
    const bytes = tensorBytes(tensor, count * ELEMENT_TYPES[logitsType].bytes);
    return logitsType === "float32" ? new Float32Array(bytes) : new Uint16Array(bytes);
  }
}

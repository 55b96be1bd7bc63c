import { MAX_ROW_LOGITS, type PlanRow, type StepPlan } from "../engine/step-plan.ts";
import { type DecoderGraph, LOGITS_POSITIONS } from "./graph/decoder-graph.ts";
import { Int64Input } from "./int64-input.ts";
import type { DisposableStack } from "./ort/disposable-stack.ts";
import type { Memory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";

/** Rows and lengths of one pass. */
export interface PassShape {
  readonly firstRow: number;
  readonly numRows: number;
  /** New tokens of each row. */
  readonly numTokens: number;
  /** Positions of the longest row after the pass. */
  readonly totalLength: number;
  /** Last positions of each row whose logits are wanted. */
  readonly numLogits: number;
}

export interface DecoderInputsOptions {
  readonly graph: DecoderGraph;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  readonly host: Memory;
  readonly owned: DisposableStack;
}

/** The inputs of a pass beside the KV cache: tokens, lengths, and where the graph takes them positions. */
export class DecoderInputs {
  readonly #graph: DecoderGraph;
  readonly #inputIds: Int64Input;
  readonly #attentionMask: Int64Input;
  readonly #positionIds: Int64Input;
  readonly #logitsPositions: Int64Input;

  constructor(ort: Ort, { graph, maxNumSeqs, maxModelLen, host, owned }: DecoderInputsOptions) {
    const numTokens = Math.max(maxNumSeqs, maxModelLen);
    this.#graph = graph;
    this.#inputIds = new Int64Input(ort, host, numTokens, owned);
    this.#attentionMask = new Int64Input(ort, host, maxNumSeqs * maxModelLen, owned);
    this.#positionIds = new Int64Input(ort, host, numTokens, owned);
    this.#logitsPositions = new Int64Input(ort, host, Math.max(maxNumSeqs, MAX_ROW_LOGITS), owned);
  }

  /** Writes a plan's rows, all with as many new tokens. */
  set({ rows }: StepPlan): PassShape {
    const { row: firstRow, tokenIds, numLogits } = rows[0]!;
    let totalLength = 0;
    for (const row of rows) totalLength = Math.max(totalLength, row.numComputedTokens + row.tokenIds.length);
    for (const [i, row] of rows.entries()) this.#setRow(i, row, totalLength);
    return { firstRow, numRows: rows.length, numTokens: tokenIds.length, totalLength, numLogits };
  }

  /** GroupQueryAttention takes a row's length from its mask: ones, then zeros. */
  #setRow(index: number, { numComputedTokens, tokenIds, numLogits }: PlanRow, totalLength: number): void {
    const numTokens = tokenIds.length;
    for (let i = 0; i < numTokens; i++) {
      this.#inputIds.set(index * numTokens + i, tokenIds[i]!);
      this.#positionIds.set(index * numTokens + i, numComputedTokens + i);
    }
    const start = index * totalLength;
    const end = start + numComputedTokens + numTokens;
    this.#attentionMask.fill(1n, start, end);
    this.#attentionMask.fill(0n, end, start + totalLength);
    for (let i = 0; i < numLogits; i++) this.#logitsPositions.set(index * numLogits + i, numTokens - numLogits + i);
  }

  /** Tensors over what was written, by the graph's names; valid until the next call. */
  *views({ numRows, numTokens, totalLength, numLogits }: PassShape): Iterable<readonly [string, OrtPointer]> {
    const { names, hasPositionIds, gathersLogits } = this.#graph;
    yield [names.inputIds, this.#inputIds.view(numRows, numTokens)];
    yield [names.attentionMask, this.#attentionMask.view(numRows, totalLength)];
    if (hasPositionIds) yield [names.positionIds, this.#positionIds.view(numRows, numTokens)];
    if (gathersLogits) yield [LOGITS_POSITIONS, this.#logitsPositions.view(numRows, numLogits)];
  }
}

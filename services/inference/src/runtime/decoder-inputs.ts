import type { DecodePlan, PrefillPlan } from "../engine/step-plan.ts";
import { type DecoderGraph, LOGITS_POSITIONS } from "./graph/decoder-graph.ts";
import { Int64Input } from "./int64-input.ts";
import type { Memory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";
import type { ReleaseStack } from "./ort/release-stack.ts";

/** Rows and lengths of one pass. */
export interface PassShape {
  readonly firstRow: number;
  readonly numRows: number;
  /** New tokens of each row. */
  readonly numTokens: number;
  /** Positions of the longest row after the pass. */
  readonly totalLength: number;
  /** Positions of each row whose logits are wanted, where the graph gathers them. */
  readonly numLogits: number;
}

export interface DecoderInputsOptions {
  readonly graph: DecoderGraph;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  readonly host: Memory;
  readonly owned: ReleaseStack;
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
    this.#logitsPositions = new Int64Input(ort, host, maxNumSeqs, owned);
  }

  /** Writes a chunk of one prompt. */
  setPrefill({ row, numComputedTokens, tokenIds, wantsLogits }: PrefillPlan): PassShape {
    const totalLength = numComputedTokens + tokenIds.length;
    for (let i = 0; i < tokenIds.length; i++) {
      this.#inputIds.set(i, tokenIds[i]!);
      this.#positionIds.set(i, numComputedTokens + i);
    }
    this.#attentionMask.fill(1n, 0, totalLength);
    this.#logitsPositions.set(0, tokenIds.length - 1);
    return { firstRow: row, numRows: 1, numTokens: tokenIds.length, totalLength, numLogits: wantsLogits ? 1 : 0 };
  }

  /** Writes one token of each row. GroupQueryAttention takes each row's length from its mask: ones, then zeros. */
  setDecode({ entries }: DecodePlan): PassShape {
    let totalLength = 0;
    for (const { numComputedTokens } of entries) totalLength = Math.max(totalLength, numComputedTokens + 1);
    for (let row = 0; row < entries.length; row++) {
      const { numComputedTokens, tokenId } = entries[row]!;
      const start = row * totalLength;
      this.#inputIds.set(row, tokenId);
      this.#positionIds.set(row, numComputedTokens);
      this.#attentionMask.fill(1n, start, start + numComputedTokens + 1);
      this.#attentionMask.fill(0n, start + numComputedTokens + 1, start + totalLength);
      this.#logitsPositions.set(row, 0);
    }
    return { firstRow: 0, numRows: entries.length, numTokens: 1, totalLength, numLogits: 1 };
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

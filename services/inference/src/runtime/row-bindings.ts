import type { DecoderGraph } from "./graph/decoder-graph.ts";
import type { KvCache } from "./kv-cache.ts";
import type { DisposableStack } from "./ort/disposable-stack.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";

export interface RowBindingsOptions {
  readonly session: OrtPointer;
  readonly graph: DecoderGraph;
  readonly kvCache: KvCache;
  readonly owned: DisposableStack;
}

/** Rows that a pass computes, all neighbours. */
export interface NeighbourRows {
  readonly firstRow: number;
  readonly numRows: number;
}

/** A handful of ranges is in use at any time: those of decode steps, and of one row for each prompt. */
export const MAX_BINDINGS = 16;

/**
 * The io-bindings of ranges of rows, their part of the KV cache bound: to bind the 4 tensors of each layer anew costs more
 * than all else that is done for a pass. Those of the ranges used last are kept.
 */
export class RowBindings {
  readonly #ort: Ort;
  readonly #options: RowBindingsOptions;
  /** By range, least recently used first. */
  readonly #bindings = new Map<string, OrtPointer>();

  constructor(ort: Ort, options: RowBindingsOptions) {
    this.#ort = ort;
    this.#options = options;
    options.owned.defer(() => this.#keepLatest(0));
  }

  /** The range's binding; valid until the next call. */
  of(range: NeighbourRows): OrtPointer {
    const key = `${range.firstRow}+${range.numRows}`;
    const binding = this.#bindings.get(key) ?? this.#bind(range);
    this.#bindings.delete(key);
    this.#bindings.set(key, binding);
    this.#keepLatest(MAX_BINDINGS);
    return binding;
  }

  #keepLatest(count: number): void {
    for (const [key, binding] of this.#bindings) {
      if (this.#bindings.size <= count) return;
      this.#bindings.delete(key);
      this.#ort.release("ReleaseIoBinding", binding);
    }
  }

  #bind(range: NeighbourRows): OrtPointer {
    const binding = this.#ort.get("CreateIoBinding", this.#options.session);
    try {
      this.#bindRows(binding, range);
      return binding;
    } catch (error) {
      this.#ort.release("ReleaseIoBinding", binding);
      throw error;
    }
  }

  #bindRows(binding: OrtPointer, { firstRow, numRows }: NeighbourRows): void {
    const { graph, kvCache } = this.#options;
    for (const [i, { past, present }] of graph.kv.entries()) {
      const rows = kvCache.viewRows(i, firstRow, numRows);
      try {
        this.#ort.call("BindInput", binding, past, rows);
        this.#ort.call("BindOutput", binding, present, rows);
      } finally {
        this.#ort.release("ReleaseValue", rows);
      }
    }
  }
}

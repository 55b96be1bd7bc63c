import type { GraphBuilder, Weight } from "../onnx/graph-builder.ts";
import type { BlockType } from "./block-types.ts";
import { keep, repackQ4_0, repackQ4_1, repackQ8_0, splitRotaryPairs } from "./repack.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** How one tensor of the file gets into weights of the graph. */
export interface Transfer {
  readonly source: StoredTensor;
  /** Rows that must be handed to `repack` together: a head's where it reorders them, else 1. */
  readonly rowsPerUnit: number;
  /** Stored rows in; for each target the same rows out. */
  readonly repack: (raw: Uint8Array) => readonly Uint8Array[];
  readonly targets: readonly { readonly weight: Weight; readonly firstRow: number }[];
}

/** A graph in the making, and how its weights come from the file. */
export interface GraphDraft {
  readonly graph: GraphBuilder;
  readonly transfers: Transfer[];
}

/** Rows of a matrix; with `headDim` they are heads whose rotary pairs are to be put apart. */
export interface MatrixSource {
  readonly tensor: StoredTensor;
  readonly headDim?: number;
}

/** A matrix in the graph: codes and their scales, or plain numbers. */
export interface Matrix {
  readonly name: string;
  readonly type: BlockType;
  readonly rows: number;
  readonly columns: number;
  /** Shape of the codes: [rows, blocks, bytes of a block] to multiply by, [rows, bytes of a row] to look rows up in. */
  readonly use: "multiply" | "lookUp";
}

/** Weights of a block, in every quantised type we know. */
export const BLOCK_SIZE = 32;

const REPACK = { F32: keep, F16: keep, Q4_0: repackQ4_0, Q4_1: repackQ4_1, Q8_0: repackQ8_0 } as const;

/**
 * Puts tensors of one type and width below one another as one matrix. Names in the graph: NAME for plain numbers; NAME.codes,
 * NAME.scales and, of Q4_1, NAME.minima. What is float16 in the file has ".f16" behind its name, and a Cast.
 */
export function addMatrix(
  draft: GraphDraft,
  name: string,
  sources: readonly MatrixSource[],
  use: Matrix["use"] = "multiply",
): Matrix {
  const { type, columns } = sources[0]!.tensor;
  const rows = sources.reduce((sum, { tensor }) => sum + tensor.rows, 0);
  const matrix: Matrix = { name, type, rows, columns, use };
  const weights = declareWeights(draft.graph, matrix);
  let firstRow = 0;
  for (const source of sources) {
    draft.transfers.push(transfer(source, weights, firstRow));
    firstRow += source.tensor.rows;
  }
  return matrix;
}

function transfer({ tensor, headDim }: MatrixSource, weights: readonly Weight[], firstRow: number): Transfer {
  const repack = REPACK[tensor.type];
  const targets = weights.map((weight) => ({ weight, firstRow }));
  if (!headDim) return { source: tensor, rowsPerUnit: 1, repack, targets };
  return {
    source: tensor,
    rowsPerUnit: headDim,
    repack: (raw) => repack(splitRotaryPairs(raw, tensor.rowBytes, headDim)),
    targets,
  };
}

/** In the order in which the repacking functions give their arrays. */
function declareWeights(graph: GraphBuilder, { name, type, rows, columns, use }: Matrix): Weight[] {
  if (type === "F32") return [graph.weight(name, "float32", [rows, columns])];
  if (type === "F16") return [addHalf(graph, name, [rows, columns])];
  const numBlocks = columns / BLOCK_SIZE;
  const blockBytes = (BLOCK_SIZE * codeBits(type)) / 8;
  const shape = use === "lookUp" ? [rows, numBlocks * blockBytes] : [rows, numBlocks, blockBytes];
  const codes = graph.weight(`${name}.codes`, "uint8", shape);
  const scales = addHalf(graph, `${name}.scales`, [rows, numBlocks]);
  if (type !== "Q4_1") return [codes, scales];
  return [codes, scales, addHalf(graph, `${name}.minima`, [rows, numBlocks])];
}

/** What a matrix's values in the graph have behind its name. */
export function matrixParts(type: BlockType): readonly string[] {
  if (type === "F32" || type === "F16") return [""];
  return type === "Q4_1" ? [".codes", ".scales", ".minima"] : [".codes", ".scales"];
}

/** Bits of a quantised weight. */
export function codeBits(type: BlockType): number {
  return type === "Q8_0" ? 8 : 4;
}

/** float16 on the disk, as in the file; ONNX Runtime folds the Cast when it loads the graph. */
export function addHalf(graph: GraphBuilder, name: string, dims: readonly number[]): Weight {
  const weight = graph.weight(`${name}.f16`, "float16", dims);
  graph.node("Cast", [weight.name], name, { to: FLOAT });
  return weight;
}

/** TensorProto.DataType of float32. */
export const FLOAT = 1;

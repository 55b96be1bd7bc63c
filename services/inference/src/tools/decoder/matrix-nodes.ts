import type { GraphBuilder } from "../onnx/graph-builder.ts";
import { BLOCK_SIZE, codeBits, FLOAT, type Matrix, matrixParts } from "./matrix.ts";

/** Products are summed in int8, as llama.cpp does: many times as fast as float32, and within 0.004 nats of it. */
const ACCURACY_LEVEL = 4;

/** Where two matrices together are larger, joining them spares next to nothing, and costs a copy at each load. */
const MAX_JOINED_WEIGHTS = 1 << 24;

/** x [tokens, columns] times the matrix, transposed: [tokens, rows]. */
export function multiply(graph: GraphBuilder, x: string, matrix: Matrix, output: string): string {
  const { name, type, columns } = matrix;
  if (type === "F16" || type === "F32") {
    return graph.node("MatMul", [x, graph.node("Transpose", [name], `${name}.T`, { perm: [1, 0] })], output);
  }
  if (type !== "Q4_1") return multiplyCodes(graph, x, matrix, output);
  const product = multiplyCodes(graph, x, matrix, `${output}.codes`);
  // Gemm adds the product as it multiplies, which an Add would do in a pass of its own; it is why tokens lie in two dimensions.
  return graph.node("Gemm", [blockSums(graph, x, columns), addOffsets(graph, name), product], output, { transB: 1 });
}

/** x by two matrices of one width: in one product where they are small, as its fixed costs then weigh as much as its work. */
export function multiplyBoth(graph: GraphBuilder, x: string, first: Matrix, second: Matrix): [string, string] {
  const outputs: [string, string] = [`${first.name}.out`, `${second.name}.out`];
  const numWeights = (first.rows + second.rows) * first.columns;
  if (first.type !== second.type || first.rows !== second.rows || numWeights > MAX_JOINED_WEIGHTS) {
    return [multiply(graph, x, first, outputs[0]), multiply(graph, x, second, outputs[1])];
  }
  const joined = join(graph, first, second);
  graph.node("Split", [multiply(graph, x, joined, `${joined.name}.out`)], outputs, { axis: -1, num_outputs: 2 });
  return outputs;
}

/** The second below the first. ONNX Runtime copies them together when it loads the graph. */
function join(graph: GraphBuilder, first: Matrix, second: Matrix): Matrix {
  const joined = { ...first, name: `${first.name}.joined`, rows: first.rows + second.rows };
  for (const part of matrixParts(first.type)) {
    graph.node("Concat", [first.name + part, second.name + part], joined.name + part, { axis: 0 });
  }
  return joined;
}

/** The matrix's rows of ids [tokens]: [tokens, columns]. */
export function lookUp(graph: GraphBuilder, ids: string, matrix: Matrix, output: string): string {
  const { name, type } = matrix;
  if (type === "F32") return graph.node("Gather", [name, ids], output);
  if (type === "F16") {
    return graph.node("Cast", [graph.node("Gather", [`${name}.f16`, ids], `${output}.f16`)], output, { to: FLOAT });
  }
  if (type !== "Q4_1") return lookUpCodes(graph, ids, matrix, output);
  const rows = splitBlocks(graph, lookUpCodes(graph, ids, matrix, `${output}.codes`), matrix.columns);
  const offsets = graph.node("Gather", [addOffsets(graph, name), ids], `${output}.offsets`);
  const perBlock = graph.node("Unsqueeze", [offsets, lastAxis(graph)], `${output}.offsets.1`);
  const sum = graph.node("Add", [rows, perBlock], `${output}.sum`);
  return graph.node("Reshape", [sum, graph.shape(`row.${matrix.columns}`, [0, matrix.columns])], output);
}

function multiplyCodes(graph: GraphBuilder, x: string, matrix: Matrix, output: string): string {
  const { name, type, rows, columns } = matrix;
  const codes = matrix.use === "multiply" ? `${name}.codes` : codesInBlocks(graph, matrix);
  return graph.node("MatMulNBits", [x, codes, `${name}.scales`], output, {
    K: columns,
    N: rows,
    bits: codeBits(type),
    block_size: BLOCK_SIZE,
    accuracy_level: ACCURACY_LEVEL,
  });
}

/** A table that is also multiplied by (tied weights) is stored once; the reshaped copy is dropped when it has been packed. */
function codesInBlocks(graph: GraphBuilder, { name, type, rows, columns }: Matrix): string {
  const shape = graph.shape(`${name}.blocks.shape`, [rows, columns / BLOCK_SIZE, (BLOCK_SIZE * codeBits(type)) / 8]);
  return graph.node("Reshape", [`${name}.codes`, shape], `${name}.codes.blocks`);
}

function lookUpCodes(graph: GraphBuilder, ids: string, { name, type }: Matrix, output: string): string {
  const attributes = { bits: codeBits(type), block_size: BLOCK_SIZE, gather_axis: 0, quantize_axis: 1 };
  return graph.node("GatherBlockQuantized", [`${name}.codes`, ids, `${name}.scales`], output, attributes);
}

/**
 * The operators know w = d (c - 8) where Q4_1 is w = d c + m. What is missing, m + 8d, is the same for all weights of a block:
 * a product needs it times the sum of the block's inputs. Zero points could say the same, but in float32 they run 4 to 10
 * times slower, and rounded to a byte they cost 8 % of perplexity. [rows, columns / 32], folded when the graph is loaded.
 */
function addOffsets(graph: GraphBuilder, name: string): string {
  const offsets = `${name}.offsets`;
  if (graph.has(offsets)) return offsets;
  const eight = graph.constant("eight", Float32Array.of(8), []);
  const eightScales = graph.node("Mul", [`${name}.scales`, eight], `${name}.scales.8`);
  return graph.node("Add", [`${name}.minima`, eightScales], offsets);
}

/** x [tokens, columns] to [tokens, columns / 32], once however many matrices x is multiplied by. */
function blockSums(graph: GraphBuilder, x: string, columns: number): string {
  const sums = `${x}.sums`;
  if (graph.has(sums)) return sums;
  return graph.node("ReduceSum", [splitBlocks(graph, x, columns), graph.shape("block_axis", [2])], sums, {
    keepdims: 0,
  });
}

function splitBlocks(graph: GraphBuilder, x: string, columns: number): string {
  const shape = graph.shape(`blocks.${columns}`, [0, columns / BLOCK_SIZE, BLOCK_SIZE]);
  return graph.node("Reshape", [x, shape], `${x}.blocks`);
}

/** The axes [-1]. */
export function lastAxis(graph: GraphBuilder): string {
  return graph.shape("last_axis", [-1]);
}

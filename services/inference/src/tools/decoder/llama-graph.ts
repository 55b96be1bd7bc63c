import { GraphBuilder, type Weight } from "../onnx/graph-builder.ts";
import type { LlamaConfig } from "./llama-config.ts";
import type { LlamaTensors } from "./llama-tensors.ts";
import { addHalf, addMatrix, type GraphDraft, type Matrix, type MatrixSource, type Transfer } from "./matrix.ts";
import { lastAxis, lookUp, multiply, multiplyBoth } from "./matrix-nodes.ts";
import { keep } from "./repack.ts";
import { rotaryTable } from "./rotary.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** A decoder's graph, and all it takes to fill its weights. */
export interface LlamaGraph {
  readonly graph: GraphBuilder;
  readonly transfers: readonly Transfer[];
  /** Weights that are computed, not copied. */
  readonly computed: readonly { readonly weight: Weight; readonly compute: () => Float32Array }[];
  readonly vocabSize: number;
  /** Whether the output layer reads the embedding. */
  readonly isTied: boolean;
}

interface LayerContext extends GraphDraft {
  readonly config: LlamaConfig;
  readonly tensors: LlamaTensors;
}

/** A layer's residual stream, and the same normalised for what reads it next. */
interface Stream {
  readonly residual: string;
  readonly normed: string;
}

/**
 * The graph of a LLaMA decoder.
 *
 * Inputs: input_ids int64 [batch, seq], attention_mask int64 [batch, total] (right-padded), logits_positions int64
 * [batch, k] (places in seq), past_key_values.N.key and .value float32 [batch, kv_heads, past, head_dim].
 * Outputs: logits float32 [batch, k, vocab], present.N.key and .value. Past and present may be one buffer.
 * In between tokens lie in one dimension, [tokens, columns], save where attention must know whose they are.
 */
export function buildLlamaGraph(
  config: LlamaConfig,
  tensors: LlamaTensors,
  ropeFactors: Float32Array | undefined,
): LlamaGraph {
  const graph = new GraphBuilder();
  const context: LayerContext = { graph, transfers: [], config, tensors };
  const { hiddenSize, numLayers } = config;

  graph.input("input_ids", "int64", ["batch", "seq"]);
  graph.input("attention_mask", "int64", ["batch", "total"]);
  graph.input("logits_positions", "int64", ["batch", "k"]);
  addLengths(graph);
  const computed = addRotary(graph, config, ropeFactors);

  const table = tensors.matrix("token_embd.weight", undefined, hiddenSize);
  const embedding = addMatrix(context, "embedding", [{ tensor: table }], "lookUp");
  const ids = graph.node("Reshape", ["input_ids", graph.shape("flat", [-1])], "ids");
  const embedded = lookUp(graph, ids, embedding, "embedded");
  let stream: Stream = { residual: embedded, normed: firstNorm(context, embedded) };
  for (let layer = 0; layer < numLayers; layer++) stream = addLayer(context, layer, stream);

  const output = tensors.optional("output.weight", table.rows, hiddenSize);
  const head = output ? addMatrix(context, "head", [{ tensor: output }]) : embedding;
  addLogits(context, stream.normed, head);
  addCacheSignature(graph, config);
  return { graph, transfers: context.transfers, computed, vocabSize: table.rows, isTied: output === undefined };
}

/** Multiplies by the output layer where logits are wanted: it is a quarter of a prompt's work. */
function addLogits({ graph, config }: LayerContext, normed: string, head: Matrix): void {
  const positions = graph.node("Unsqueeze", ["logits_positions", lastAxis(graph)], "positions");
  const rows = byRow(graph, normed, "normed.rows");
  const wanted = graph.node("GatherND", [rows, positions], "wanted", { batch_dims: 1 });
  const logits = multiply(graph, byToken(graph, wanted, config.hiddenSize, "wanted.tokens"), head, "logits.tokens");
  const k = graph.node("Shape", ["logits_positions"], "logits_positions.shape");
  const shape = graph.node("Concat", [k, graph.shape("vocab_size", [head.rows])], "logits.shape", { axis: 0 });
  graph.node("Reshape", [logits, shape], "logits", { allowzero: 1 }); // a chunk amid a prompt wants none
  graph.output("logits", "float32", ["batch", "k", head.rows]);
}

/** x [tokens, columns] as [batch, seq, columns]. */
function byRow(graph: GraphBuilder, x: string, output: string): string {
  const shape = "rows.shape";
  if (!graph.has(shape)) {
    graph.node("Concat", [graph.node("Shape", ["input_ids"], "rows"), lastAxis(graph)], shape, { axis: 0 });
  }
  return graph.node("Reshape", [x, shape], output);
}

/** x [batch, seq, columns] as [tokens, columns]. */
function byToken(graph: GraphBuilder, x: string, columns: number, output: string): string {
  return graph.node("Reshape", [x, graph.shape(`tokens.${columns}`, [-1, columns])], output);
}

/** GroupQueryAttention's lengths: each row's cached tokens after this pass less one, and the longest row. */
function addLengths(graph: GraphBuilder): void {
  const axis = graph.shape("axis_1", [1]);
  const one = graph.constant("one", BigInt64Array.of(1n), []);
  const total = graph.node("ReduceSum", ["attention_mask", axis], "row_lengths", { keepdims: 0 });
  graph.node("Cast", [graph.node("Sub", [total, one], "row_ends")], "seqlens_k", { to: 6 });
  const shape = graph.node("Shape", ["attention_mask"], "mask_shape");
  graph.node("Cast", [graph.node("Gather", [shape, one], "longest")], "total_length", { to: 6 });
}

function addRotary(
  graph: GraphBuilder,
  config: LlamaConfig,
  ropeFactors: Float32Array | undefined,
): LlamaGraph["computed"] {
  const dims = [config.contextLength, config.headDim / 2];
  return [
    { weight: graph.weight("cos", "float32", dims), compute: () => rotaryTable(config, ropeFactors, Math.cos) },
    { weight: graph.weight("sin", "float32", dims), compute: () => rotaryTable(config, ropeFactors, Math.sin) },
  ];
}

function addLayer(context: LayerContext, layer: number, stream: Stream): Stream {
  const { graph, config } = context;
  const prefix = `layers.${layer}`;
  const tensor = (name: string, rows: number, columns: number): StoredTensor =>
    context.tensors.matrix(`blk.${layer}.${name}.weight`, rows, columns);

  const attention = addAttention(context, layer, stream.normed, tensor);
  const { hiddenSize, intermediateSize, numHeads, headDim } = config;
  const projection = addMatrix(context, `${prefix}.o`, [
    { tensor: tensor("attn_output", hiddenSize, numHeads * headDim) },
  ]);
  const attended = multiply(graph, attention, projection, `${prefix}.o.out`);
  const middle = skipNorm(context, stream.residual, attended, `blk.${layer}.ffn_norm.weight`, `${prefix}.ffn_norm`);

  const gate = addMatrix(context, `${prefix}.gate`, [{ tensor: tensor("ffn_gate", intermediateSize, hiddenSize) }]);
  const up = addMatrix(context, `${prefix}.up`, [{ tensor: tensor("ffn_up", intermediateSize, hiddenSize) }]);
  const down = addMatrix(context, `${prefix}.down`, [{ tensor: tensor("ffn_down", hiddenSize, intermediateSize) }]);
  const [gated, lifted] = multiplyBoth(graph, middle.normed, gate, up);
  const sigmoid = graph.node("Sigmoid", [gated], `${prefix}.sigmoid`);
  const activated = graph.node("Mul", [gated, sigmoid], `${prefix}.silu`);
  const product = graph.node("Mul", [activated, lifted], `${prefix}.gated`);
  const lowered = multiply(graph, product, down, `${prefix}.down.out`);

  const isLast = layer === config.numLayers - 1;
  const nextNorm = isLast ? "output_norm.weight" : `blk.${layer + 1}.attn_norm.weight`;
  return skipNorm(context, middle.residual, lowered, nextNorm, `${prefix}.next_norm`);
}

function addAttention(
  context: LayerContext,
  layer: number,
  x: string,
  tensor: (name: string, rows: number, columns: number) => StoredTensor,
): string {
  const { graph, config } = context;
  const { hiddenSize, numHeads, numKvHeads, headDim } = config;
  const projections = [
    { tensor: tensor("attn_q", numHeads * headDim, hiddenSize), headDim },
    { tensor: tensor("attn_k", numKvHeads * headDim, hiddenSize), headDim },
    { tensor: tensor("attn_v", numKvHeads * headDim, hiddenSize) },
  ];
  const name = `layers.${layer}`;
  const qkv = byRow(graph, multiplyTogether(context, `${name}.qkv`, x, projections), `${name}.qkv.rows`);
  const past = `past_key_values.${layer}`;
  const inputs = [qkv, "", "", `${past}.key`, `${past}.value`, "seqlens_k", "total_length", "cos", "sin"];
  const outputs = [`${name}.attention.rows`, `present.${layer}.key`, `present.${layer}.value`];
  const attention = graph.node("GroupQueryAttention", inputs, outputs, {
    num_heads: numHeads,
    kv_num_heads: numKvHeads,
    do_rotary: 1,
    rotary_interleaved: 0,
  });
  return byToken(graph, attention, numHeads * headDim, `${name}.attention`);
}

/** Products side by side: by one matrix where all are of one type. */
function multiplyTogether(context: LayerContext, name: string, x: string, sources: readonly MatrixSource[]): string {
  const { graph } = context;
  if (sources.every(({ tensor }) => tensor.type === sources[0]!.tensor.type)) {
    return multiply(graph, x, addMatrix(context, name, sources), `${name}.out`);
  }
  const products = sources.map((source, i) => {
    const matrix = addMatrix(context, `${name}.${i}`, [source]);
    return multiply(graph, x, matrix, `${name}.${i}.out`);
  });
  return graph.node("Concat", products, `${name}.out`, { axis: -1 });
}

function firstNorm(context: LayerContext, x: string): string {
  const weight = addVector(context, "blk.0.attn_norm.weight", "first_norm");
  return context.graph.node("SimplifiedLayerNormalization", [x, weight], "first_norm.out", {
    axis: -1,
    epsilon: { float: context.config.rmsNormEps },
    stash_type: 1,
  });
}

function skipNorm(context: LayerContext, residual: string, x: string, tensor: string, name: string): Stream {
  const sum = `${name}.residual`;
  const weight = addVector(context, tensor, name);
  const normed = context.graph.node(
    "SkipSimplifiedLayerNormalization",
    [residual, x, weight],
    [`${name}.out`, "", "", sum],
    { epsilon: { float: context.config.rmsNormEps } },
  );
  return { residual: sum, normed };
}

function addVector({ graph, transfers, config, tensors }: LayerContext, name: string, as: string): string {
  const source = tensors.vector(name, config.hiddenSize);
  const dims = [config.hiddenSize];
  const weight = source.type === "F16" ? addHalf(graph, as, dims) : graph.weight(as, "float32", dims);
  transfers.push({ source, rowsPerUnit: 1, repack: keep, targets: [{ weight, firstRow: 0 }] });
  return as;
}

function addCacheSignature(graph: GraphBuilder, { numLayers, numKvHeads, headDim }: LlamaConfig): void {
  for (let layer = 0; layer < numLayers; layer++) {
    for (const part of ["key", "value"]) {
      graph.input(`past_key_values.${layer}.${part}`, "float32", ["batch", numKvHeads, "past", headDim]);
      graph.output(`present.${layer}.${part}`, "float32", ["batch", numKvHeads, "present", headDim]);
    }
  }
}

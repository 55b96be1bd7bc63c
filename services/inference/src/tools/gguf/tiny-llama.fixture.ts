import { BLOCK_LAYOUTS, type BlockType } from "../decoder/block-types.ts";
import { dequantize, randomBlocks, seededRandom } from "./blocks.fixture.ts";
import type { GgufContent, GgufTensorData, GgufValue } from "./gguf-writer.fixture.ts";

/** A LLaMA of a few thousand weights; every matrix of `type` unless `types` says otherwise by the end of its name. */
export interface TinyLlamaOptions {
  readonly type?: BlockType;
  readonly types?: Readonly<Record<string, BlockType>>;
  /** Gives the output layer its own weights. */
  readonly hasOutput?: boolean;
  readonly ropeFactors?: readonly number[];
  readonly metadata?: Readonly<Record<string, GgufValue | undefined>>;
}

export const TINY = {
  numLayers: 2,
  hiddenSize: 64,
  intermediateSize: 96,
  numHeads: 2,
  numKvHeads: 1,
  headDim: 32,
  contextLength: 64,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
} as const;

const MERGES = ["t h", "th e", "Ġ the", "i n", "e r"];
const CONTROL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const TINY_TOKENS = [...CONTROL_TOKENS, ...byteTokens(), ...MERGES.map((merge) => merge.replace(" ", ""))];
const EOS = 2;

/** Content of the tiny model's GGUF file. */
export function tinyLlama(options: TinyLlamaOptions = {}): GgufContent {
  return { metadata: tinyMetadata(options), tensors: tinyTensors(options) };
}

function tinyMetadata({ metadata = {} }: TinyLlamaOptions): Record<string, GgufValue> {
  const all: Record<string, GgufValue | undefined> = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.license": "apache-2.0",
    "llama.block_count": TINY.numLayers,
    "llama.context_length": TINY.contextLength,
    "llama.embedding_length": TINY.hiddenSize,
    "llama.feed_forward_length": TINY.intermediateSize,
    "llama.attention.head_count": TINY.numHeads,
    "llama.attention.head_count_kv": TINY.numKvHeads,
    "llama.attention.layer_norm_rms_epsilon": { float: TINY.rmsNormEps },
    "llama.rope.freq_base": { float: TINY.ropeTheta },
    "llama.rope.dimension_count": TINY.headDim,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.tokens": TINY_TOKENS,
    "tokenizer.ggml.token_type": TINY_TOKENS.map((_, id) => (id < CONTROL_TOKENS.length ? 3 : 1)),
    "tokenizer.ggml.merges": MERGES,
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": EOS,
    "tokenizer.ggml.add_bos_token": false,
    "tokenizer.chat_template": "{% for message in messages %}{{ message.content }}{% endfor %}",
    ...metadata,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<
    string,
    GgufValue
  >;
}

function tinyTensors({
  type = "Q8_0",
  types = {},
  hasOutput = false,
  ropeFactors,
}: TinyLlamaOptions): GgufTensorData[] {
  const random = seededRandom(7);
  const { hiddenSize, intermediateSize, numHeads, numKvHeads, headDim } = TINY;
  const matrix = (name: string, rows: number, columns: number): GgufTensorData => {
    const ending = Object.keys(types).find((key) => name.endsWith(`${key}.weight`));
    const own = ending ? types[ending]! : type;
    return { name, type: own, shape: [columns, rows], bytes: randomBlocks(own, rows * columns, random) };
  };
  const vector = (name: string, values: readonly number[]): GgufTensorData => {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    return { name, type: "F32", shape: [values.length], bytes };
  };
  const norm = (name: string): GgufTensorData =>
    vector(
      name,
      Array.from({ length: hiddenSize }, () => 0.5 + random()),
    );
  const layer = (index: number): GgufTensorData[] => [
    norm(`blk.${index}.attn_norm.weight`),
    matrix(`blk.${index}.attn_q.weight`, numHeads * headDim, hiddenSize),
    matrix(`blk.${index}.attn_k.weight`, numKvHeads * headDim, hiddenSize),
    matrix(`blk.${index}.attn_v.weight`, numKvHeads * headDim, hiddenSize),
    matrix(`blk.${index}.attn_output.weight`, hiddenSize, numHeads * headDim),
    norm(`blk.${index}.ffn_norm.weight`),
    matrix(`blk.${index}.ffn_gate.weight`, intermediateSize, hiddenSize),
    matrix(`blk.${index}.ffn_up.weight`, intermediateSize, hiddenSize),
    matrix(`blk.${index}.ffn_down.weight`, hiddenSize, intermediateSize),
  ];
  return [
    matrix("token_embd.weight", TINY_TOKENS.length, hiddenSize),
    norm("output_norm.weight"),
    ...Array.from({ length: TINY.numLayers }, (_, index) => layer(index)).flat(),
    ...(hasOutput ? [matrix("output.weight", TINY_TOKENS.length, hiddenSize)] : []),
    ...(ropeFactors ? [vector("rope_freqs.weight", ropeFactors)] : []),
  ];
}

/** All tensors' weights by name, as ggml defines them. */
export function ggmlWeights({ tensors }: GgufContent): ReadonlyMap<string, Float64Array> {
  return new Map(tensors.map(({ name, type, bytes }) => [name, dequantize(type as BlockType, bytes)]));
}

/** The 256 characters that stand for bytes in byte-level BPE. */
function byteTokens(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCodePoint(isPrintable ? byte : next++);
  });
}

/** Block types of the matrices. */
export const BLOCK_TYPES = Object.keys(BLOCK_LAYOUTS) as BlockType[];

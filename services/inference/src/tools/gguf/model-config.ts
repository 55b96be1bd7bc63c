import type { LlamaConfig } from "../decoder/llama-config.ts";
import type { GgufTokenizer } from "./tokenizer-json.ts";

/** What config.json says beside the decoder's shape. */
export interface ModelConfigOptions {
  readonly config: LlamaConfig;
  readonly tokenizer: GgufTokenizer;
  readonly vocabSize: number;
  readonly isTied: boolean;
  readonly ropeFactors: Float32Array | undefined;
}

/** Content of config.json, in Hugging Face's words. */
export function modelConfig({ config, tokenizer, vocabSize, isTied, ropeFactors }: ModelConfigOptions): object {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    num_key_value_heads: config.numKvHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: Number(config.rmsNormEps.toPrecision(6)),
    rope_theta: config.ropeTheta,
    rope_scaling: ropeScaling(config, ropeFactors),
    hidden_act: "silu",
    tie_word_embeddings: isTied,
    bos_token_id: tokenizer.bosTokenId ?? null,
    eos_token_id: tokenizer.eosTokenIds.length === 1 ? tokenizer.eosTokenIds[0] : tokenizer.eosTokenIds,
  };
}

function ropeScaling({ ropeFactor }: LlamaConfig, factors: Float32Array | undefined): object | null {
  // For readers; the graph holds the tables themselves.
  if (factors) return { rope_type: "per_pair", factors: [...factors] };
  return ropeFactor === 1 ? null : { rope_type: "linear", factor: ropeFactor };
}

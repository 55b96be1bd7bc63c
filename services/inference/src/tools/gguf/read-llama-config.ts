import { ImportError } from "../../model-folder/import-error.ts";
import type { LlamaConfig } from "../decoder/llama-config.ts";
import { count, type Metadata, optionalNumber, optionalString } from "./metadata.ts";

const ARCHITECTURE = "llama";
const MAX_LAYERS = 1024;
const MAX_SIZE = 1_048_576;
const MAX_HEADS = 4096;
const MAX_CONTEXT = 1_048_576;

/** Entries that change the computation in a way we do not know, unless they have this value. */
const NEUTRAL: Readonly<Record<string, number>> = {
  expert_count: 0,
  embedding_scale: 1,
  residual_scale: 1,
  logit_scale: 1,
  "attention.scale": 0,
  "attention.clamp_kqv": 0,
};

/**
 * Reads the decoder's shape from a file's metadata.
 *
 * @throws ImportError naming what is missing, impossible or not supported
 */
export function readLlamaConfig(metadata: Metadata): LlamaConfig {
  const architecture = optionalString(metadata, "general.architecture");
  if (architecture !== ARCHITECTURE) {
    throw new ImportError(`the architecture is ${architecture ?? "not named"}; supported is ${ARCHITECTURE}`);
  }
  refuseExtensions(metadata);
  const key = (name: string): string => `${ARCHITECTURE}.${name}`;
  const hiddenSize = count(metadata, key("embedding_length"), MAX_SIZE);
  const numHeads = count(metadata, key("attention.head_count"), MAX_HEADS);
  const numKvHeads = count(metadata, key("attention.head_count_kv"), MAX_HEADS, numHeads);
  if (numHeads % numKvHeads !== 0) {
    throw new ImportError(`${numHeads} attention heads cannot share ${numKvHeads} key and value heads`);
  }
  return {
    numLayers: count(metadata, key("block_count"), MAX_LAYERS),
    hiddenSize,
    intermediateSize: count(metadata, key("feed_forward_length"), MAX_SIZE),
    numHeads,
    numKvHeads,
    headDim: readHeadDim(metadata, hiddenSize, numHeads),
    contextLength: count(metadata, key("context_length"), MAX_CONTEXT),
    rmsNormEps: optionalNumber(metadata, key("attention.layer_norm_rms_epsilon")) ?? 1e-5,
    ropeTheta: optionalNumber(metadata, key("rope.freq_base")) ?? 10_000,
    ropeFactor: readRopeFactor(metadata),
  };
}

function refuseExtensions(metadata: Metadata): void {
  for (const [name, neutral] of Object.entries(NEUTRAL)) {
    const value = optionalNumber(metadata, `${ARCHITECTURE}.${name}`) ?? neutral;
    if (value !== neutral) throw new ImportError(`metadata ${ARCHITECTURE}.${name} is ${value}; that is not supported`);
  }
}

function readHeadDim(metadata: Metadata, hiddenSize: number, numHeads: number): number {
  const headDim = optionalNumber(metadata, `${ARCHITECTURE}.attention.key_length`) ?? hiddenSize / numHeads;
  const others = ["attention.value_length", "rope.dimension_count"];
  for (const name of others) {
    const value = optionalNumber(metadata, `${ARCHITECTURE}.${name}`) ?? headDim;
    if (value !== headDim) {
      throw new ImportError(
        `metadata ${ARCHITECTURE}.${name} is ${value}; supported is the size of a head, ${headDim}`,
      );
    }
  }
  // GroupQueryAttention rotates eight values at a time.
  if (headDim % 8 !== 0 || headDim > MAX_SIZE || headDim < 8) {
    throw new ImportError(`a head has ${headDim} values; it must be a multiple of 8`);
  }
  return headDim;
}

function readRopeFactor(metadata: Metadata): number {
  const type = optionalString(metadata, `${ARCHITECTURE}.rope.scaling.type`) ?? "linear";
  if (type === "none") return 1;
  if (type !== "linear") {
    throw new ImportError(`rotary scaling ${type} is not supported; supported are none, linear and rope_freqs`);
  }
  const factor =
    optionalNumber(metadata, `${ARCHITECTURE}.rope.scaling.factor`) ??
    optionalNumber(metadata, `${ARCHITECTURE}.rope.scale_linear`) ??
    1;
  if (factor > 0) return factor;
  throw new ImportError(`metadata ${ARCHITECTURE}.rope.scaling.factor is ${factor}; it must be above 0`);
}

import type { ModelWeights } from "../../model-folder/model-folder.ts";

/** What the service allows every model. */
export interface MemoryLimits {
  /** Most bytes of all models, weights and KV caches. */
  readonly memoryLimitBytes: number;
  /** Sequences that run at once, where memory allows. */
  readonly maxNumSeqs: number;
  /** Longest context in tokens, whatever a model allows. Default: what it allows. */
  readonly maxModelLen?: number;
}

/** The size in which a model is loaded. */
export interface MemoryPlan {
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  /** Weights, and the KV cache as if every row were full. */
  readonly bytes: number;
}

/** Most of the memory that one model's KV cache may take: another model has to fit beside it. */
const KV_CACHE_SHARE = 0.5;

/**
 * As many sequences as are allowed; fewer where their KV cache would take over half of all models' memory, or more than the
 * weights leave, but at least one.
 */
export function planMemory(weights: ModelWeights, limits: MemoryLimits): MemoryPlan {
  const { memoryLimitBytes, maxNumSeqs: wanted } = limits;
  const maxModelLen = Math.min(weights.maxModelLen, limits.maxModelLen ?? Number.POSITIVE_INFINITY);
  const rowBytes = weights.kvBytesPerToken * maxModelLen;
  const room = Math.min(memoryLimitBytes * KV_CACHE_SHARE, memoryLimitBytes - weights.weightBytes);
  const maxNumSeqs = Math.max(1, Math.min(wanted, Math.floor(room / rowBytes)));
  return { maxNumSeqs, maxModelLen, bytes: weights.weightBytes + maxNumSeqs * rowBytes };
}

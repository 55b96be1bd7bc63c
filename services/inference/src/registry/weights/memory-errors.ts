import { InferenceError } from "../../errors.ts";
import type { PooledWeights } from "./pooled-weights.ts";

/** Models become idle within seconds. */
const RETRY_DELAY_MS = 5_000;

/** Waiting does not help. */
export function modelTooLarge(entry: PooledWeights, limitBytes: number): InferenceError {
  const message =
    `${describeNeed(entry)}, more than the ${megabytes(limitBytes)} for all models (CRIA_MEMORY without CRIA_PREFIX_CACHE): raise it, lower ` +
    "CRIA_MAX_MODEL_LEN or take a smaller model";
  return new InferenceError("MODEL_TOO_LARGE", message, {
    metadata: { modelBytes: `${entry.plan.bytes}`, memoryLimitBytes: `${limitBytes}` },
  });
}

export interface BusyMemory {
  readonly busyBytes: number;
  readonly limitBytes: number;
  readonly waitedMs: number;
}

export function outOfMemory(entry: PooledWeights, { busyBytes, limitBytes, waitedMs }: BusyMemory): InferenceError {
  const message =
    `${describeNeed(entry)}; models in use hold ${megabytes(busyBytes)} of ${megabytes(limitBytes)} (CRIA_MEMORY without CRIA_PREFIX_CACHE) and were ` +
    `not idle within ${waitedMs / 1e3} s: try again later, or raise it`;
  return new InferenceError("OUT_OF_MEMORY_BUDGET", message, {
    metadata: { modelBytes: `${entry.plan.bytes}`, busyBytes: `${busyBytes}`, memoryLimitBytes: `${limitBytes}` },
    retryDelayMs: RETRY_DELAY_MS,
  });
}

/** As "llama takes 90 MiB of weights and 180 MiB of KV cache". */
function describeNeed({ name, weights: { weightBytes }, plan: { bytes } }: PooledWeights): string {
  return `${name} takes ${megabytes(weightBytes)} of weights and ${megabytes(bytes - weightBytes)} of KV cache`;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

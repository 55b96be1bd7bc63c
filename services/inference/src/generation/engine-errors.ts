import type { GenerationRequest } from "../engine/generation.ts";
import type { Refusal } from "../engine/scheduler.ts";
import { InferenceError } from "../errors.ts";

/** @throws InferenceError INVALID_ARGUMENT for a prompt without tokens, PROMPT_TOO_LONG where the reply would have none */
export function checkPrompt({ promptTokenIds }: GenerationRequest, maxModelLen: number): void {
  const { length } = promptTokenIds;
  if (length === 0) throw promptError("INVALID_ARGUMENT", "has no tokens; it needs at least 1");
  if (length < maxModelLen) return;
  const description = `has ${length} tokens; the context of ${maxModelLen} must leave room for one of the reply`;
  throw promptError("PROMPT_TOO_LONG", description);
}

function promptError(code: "INVALID_ARGUMENT" | "PROMPT_TOO_LONG", description: string): InferenceError {
  return new InferenceError(code, `the prompt ${description}`, { fieldViolations: [{ field: "prompt", description }] });
}

/** A pass failed, or so many that the engine gave up. */
export function failedError(cause?: unknown): InferenceError {
  return new InferenceError("ENGINE_FAILED", "the model's forward pass failed; try again in a moment", { cause });
}

/** The engine's own state is broken, whatever the request. */
export function faultError(cause: unknown): InferenceError {
  return new InferenceError("ENGINE_FAILED", "the model's engine met a fault of its own; try again in a moment", {
    cause,
  });
}

/** A sequence's logits are no numbers to draw from: the model's fault and not the request's. */
export function drawError(cause: unknown): Error {
  if (!(cause instanceof RangeError)) return new Error("no token could be drawn from the model's logits", { cause });
  return new InferenceError("ENGINE_FAILED", `${cause.message}; try again in a moment`, { cause });
}

/** One reply's text failed, and nothing else. */
export function textError(cause: unknown): Error {
  return new Error("the reply's tokens could not be made text", { cause });
}

export function queueTimeout({ maxQueueTimeMs }: GenerationRequest, retryDelayMs: number): InferenceError {
  const message = `no place came free within max_queue_time (${maxQueueTimeMs} ms); try again later or wait longer`;
  return new InferenceError("QUEUE_TIMEOUT", message, { retryDelayMs });
}

export function closedError(): InferenceError {
  return new InferenceError("DRAINING", "the model is being unloaded; try again");
}

export function queueFullError({ message, retryDelayMs }: Refusal): InferenceError {
  return new InferenceError("QUEUE_FULL", message, { retryDelayMs });
}

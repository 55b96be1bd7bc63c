import {
  type CountTokensRequest,
  type DrainRequest,
  type Duration,
  durationToMs,
  type GenerateRequest,
  type LoadModelRequest,
  type PromptSegment,
  type SamplingParams,
  type StoppingCriteria,
} from "@cria/proto";
import { textBytes } from "../../text/prompt-encoder.ts";
import { type NumberRange, Violations } from "./violations.ts";

const MAX_SEGMENTS = 4096;
/** Of one request's text. */
export const MAX_PROMPT_BYTES = 4 * 2 ** 20;
/** CountTokens tokenises all it gets, however small the context: prose of this size in 0.1 s, one endless word in 0.5 s. */
const MAX_COUNTED_BYTES = 128 * 2 ** 10;
const MAX_STOP_STRINGS = 16;
const MAX_STOP_BYTES = 256;
const MAX_STOP_TOKENS = 64;
const MAX_LABEL_BYTES = 128;
const MAX_LOGPROBS = 20;
const MAX_NANOS = 999_999_999;
/** An hour: longer waits are mistakes of unit. */
const WAIT_RANGE: NumberRange = { over: 0, max: 3600, unit: "s" };
const MAX_KEEP_ALIVE_S = 24 * 3600;
const KEEP_ALWAYS_S = -1;

const SAMPLING_RANGES = {
  repetitionPenalty: ["sampling.repetition_penalty", { over: 0, max: 10 }],
  frequencyPenalty: ["sampling.frequency_penalty", { min: -2, max: 2 }],
  presencePenalty: ["sampling.presence_penalty", { min: -2, max: 2 }],
  temperature: ["sampling.temperature", { min: 0, max: 2 }],
  topK: ["sampling.top_k", { min: 0, max: 1_000_000 }],
  topP: ["sampling.top_p", { over: 0, max: 1 }],
  minP: ["sampling.min_p", { min: 0, max: 1 }],
} as const satisfies Partial<Record<keyof SamplingParams, readonly [string, NumberRange]>>;

/** Checks what can be told of a request without its model. @throws InferenceError INVALID_ARGUMENT, every fault at once */
export function validateGenerate(request: GenerateRequest): void {
  const violations = new Violations();
  checkModelName(violations, request.model, "model");
  checkPrompt(violations, request.prompt, MAX_PROMPT_BYTES);
  checkSampling(violations, request.sampling);
  checkStopping(violations, request.stopping);
  checkLabel(violations, request.requestId, "request_id");
  checkLabel(violations, request.tenant, "tenant");
  checkLabel(violations, request.cacheSalt, "cache_salt");
  violations.checkRange(request.priority, "priority", { min: -1000, max: 1000 });
  violations.checkRange(request.logprobs, "logprobs", { min: 0, max: MAX_LOGPROBS });
  checkWait(violations, request.maxQueueTime, "max_queue_time");
  checkWait(violations, request.timeBudget, "time_budget");
  checkKeepAlive(violations, request.keepAlive);
  violations.throwIfAny();
}

/** @throws InferenceError INVALID_ARGUMENT, every fault at once */
export function validateCountTokens(request: CountTokensRequest): void {
  const violations = new Violations();
  checkModelName(violations, request.model, "model");
  checkPrompt(violations, request.prompt, MAX_COUNTED_BYTES);
  violations.throwIfAny();
}

/** @throws InferenceError INVALID_ARGUMENT, every fault at once */
export function validateLoadModel(request: LoadModelRequest): void {
  const violations = new Violations();
  checkModelName(violations, request.name, "name");
  checkKeepAlive(violations, request.keepAlive);
  violations.throwIfAny();
}

/** @throws InferenceError INVALID_ARGUMENT */
export function validateDrain({ timeout }: DrainRequest): void {
  const violations = new Violations();
  if (checkDuration(violations, timeout, "timeout"))
    violations.checkRange(seconds(timeout), "timeout", { min: 0, max: 3600, unit: "s" });
  violations.throwIfAny();
}

/** @throws InferenceError INVALID_ARGUMENT when no model is named */
export function validateModelName(name: string): void {
  const violations = new Violations();
  checkModelName(violations, name, "name");
  violations.throwIfAny();
}

function checkModelName(violations: Violations, name: string, field: string): void {
  violations.check(name !== "", field, "is empty; ListModels tells the names");
}

function checkPrompt(violations: Violations, prompt: readonly PromptSegment[], maxBytes: number): void {
  const count = prompt.length;
  violations.check(count <= MAX_SEGMENTS, "prompt", `has ${count} segments; at most ${MAX_SEGMENTS}`);
  const bytes = textBytes(prompt);
  violations.check(bytes > 0, "prompt", "has no text");
  violations.check(bytes <= maxBytes, "prompt", `has ${bytes} bytes of text; at most ${maxBytes}`);
}

function checkSampling(violations: Violations, sampling: SamplingParams | undefined): void {
  for (const [name, [field, range]] of Object.entries(SAMPLING_RANGES))
    violations.checkRange(sampling?.[name as keyof typeof SAMPLING_RANGES], field, range);
}

function checkStopping(violations: Violations, stopping: StoppingCriteria | undefined): void {
  if (!stopping) return;
  const { maxTokens, stop, stopTokenIds } = stopping;
  violations.checkRange(maxTokens, "stopping.max_tokens", { min: 1, max: 1_048_576 });
  const strings = stop.length;
  violations.check(strings <= MAX_STOP_STRINGS, "stopping.stop", `has ${strings} strings; at most ${MAX_STOP_STRINGS}`);
  stop.slice(0, MAX_STOP_STRINGS).forEach((text, index) => {
    checkStopString(violations, text, `stopping.stop[${index}]`);
  });
  const tokens = stopTokenIds.length;
  const field = "stopping.stop_token_ids";
  violations.check(tokens <= MAX_STOP_TOKENS, field, `has ${tokens} tokens; at most ${MAX_STOP_TOKENS}`);
}

function checkStopString(violations: Violations, text: string, field: string): void {
  const bytes = Buffer.byteLength(text);
  violations.check(bytes > 0, field, "is empty");
  violations.check(bytes <= MAX_STOP_BYTES, field, `has ${bytes} bytes; at most ${MAX_STOP_BYTES}`);
}

function checkLabel(violations: Violations, text: string, field: string): void {
  const bytes = Buffer.byteLength(text);
  violations.check(bytes <= MAX_LABEL_BYTES, field, `has ${bytes} bytes; at most ${MAX_LABEL_BYTES}`);
}

function checkWait(violations: Violations, duration: Duration | undefined, field: string): void {
  if (checkDuration(violations, duration, field)) violations.checkRange(seconds(duration), field, WAIT_RANGE);
}

function checkKeepAlive(violations: Violations, duration: Duration | undefined): void {
  if (!checkDuration(violations, duration, "keep_alive")) return;
  const value = seconds(duration);
  const isAllowed = value === KEEP_ALWAYS_S || (value >= 0 && value <= MAX_KEEP_ALIVE_S);
  const allowed = `0 s to ${MAX_KEEP_ALIVE_S} s, or ${KEEP_ALWAYS_S} s for always`;
  violations.check(isAllowed, "keep_alive", `is ${value}; must be ${allowed}`);
}

/** Whether a duration is there and well formed: nanos of the sign of its seconds and under a second. */
function checkDuration(violations: Violations, duration: Duration | undefined, field: string): duration is Duration {
  if (!duration) return false;
  const { seconds, nanos } = duration;
  const isWellFormed = Math.abs(nanos) <= MAX_NANOS && seconds * nanos >= 0;
  violations.check(isWellFormed, field, `has nanos ${nanos}; must be under a second and of the sign of seconds`);
  return isWellFormed;
}

function seconds(duration: Duration): number {
  return durationToMs(duration) / 1e3;
}

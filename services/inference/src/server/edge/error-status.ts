import { encodeErrorDetails } from "@cria/proto";
import { type StatusObject, status } from "@grpc/grpc-js";
import type { Bindings, Logger } from "pino";
import { INFERENCE_ERRORS, InferenceError, type InferenceErrorCode } from "../../errors.ts";
import type { Metrics } from "../../observability/metrics.ts";

/** Longest message of a status: it travels in HTTP/2 trailers, which clients bound at 8 KiB. */
const MAX_MESSAGE_LENGTH = 2000;

/** Before another try where whoever failed knows no better: a place or memory becomes free within seconds. */
const RETRY_DELAY_MS = 1000;

/** The gRPC status of each failure. */
export const ERROR_STATUS: Readonly<Record<InferenceErrorCode, status>> = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  PROMPT_TOO_LONG: status.INVALID_ARGUMENT,
  MODEL_NOT_FOUND: status.NOT_FOUND,
  MODEL_BROKEN: status.FAILED_PRECONDITION,
  OUT_OF_MEMORY_BUDGET: status.RESOURCE_EXHAUSTED,
  MODEL_TOO_LARGE: status.FAILED_PRECONDITION,
  QUEUE_FULL: status.RESOURCE_EXHAUSTED,
  QUEUE_TIMEOUT: status.RESOURCE_EXHAUSTED,
  DRAINING: status.UNAVAILABLE,
  ENGINE_FAILED: status.UNAVAILABLE,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
};

/** The caller hung up. Nobody hears of it: it only ends the request's work. */
export class CallCancelledError extends Error {
  override readonly name: string = "CallCancelledError";
  readonly status: status.CANCELLED | status.DEADLINE_EXCEEDED = status.CANCELLED;
}

/** The call's deadline has passed. */
export class DeadlineExceededError extends CallCancelledError {
  override readonly name = "DeadlineExceededError";
  override readonly status = status.DEADLINE_EXCEEDED;
}

/** Where failures are told of. */
export interface FailureSink {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "countFailure">;
}

/**
 * The gRPC status of a failure, once, at the edge: counted, and logged with the call's `bindings`. A known one leaves with
 * its details; anything else is logged whole and leaves without its text, which could hold anything.
 */
export function errorStatus(error: unknown, sink: FailureSink, bindings: Bindings): StatusObject {
  sink.metrics.countFailure(failureReason(error));
  const logger = sink.logger.child(bindings);
  if (error instanceof CallCancelledError) return plainStatus(error.status, error.message);
  if (error instanceof InferenceError) {
    const level = error.code === "ENGINE_FAILED" ? "error" : "info";
    logger[level]({ code: error.code, err: error.cause }, error.message);
    return inferenceStatus(error);
  }
  logger.error({ err: error }, "request failed");
  return plainStatus(status.INTERNAL, "internal error; the service's log tells more");
}

/** A failure's name in metrics: few and known. */
function failureReason(error: unknown): string {
  if (error instanceof CallCancelledError) return status[error.status];
  return error instanceof InferenceError ? error.code : "INTERNAL";
}

function inferenceStatus({ code, details, message }: InferenceError): StatusObject {
  const text = wireText(message);
  const retry = INFERENCE_ERRORS[code].retryable ? { retryDelayMs: RETRY_DELAY_MS } : {};
  const metadata = encodeErrorDetails(ERROR_STATUS[code], text, { reason: code, ...retry, ...details });
  return { code: ERROR_STATUS[code], details: text, metadata };
}

function plainStatus(code: status, details: string): StatusObject {
  return { code, details, metadata: encodeErrorDetails(code, details, { reason: status[code] }) };
}

/** Cut, and with half characters replaced: grpc-js throws on them when it writes the trailers. */
function wireText(message: string): string {
  return Buffer.from(message.slice(0, MAX_MESSAGE_LENGTH)).toString();
}

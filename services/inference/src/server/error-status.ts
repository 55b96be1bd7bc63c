import { encodeErrorDetails } from "@cria/proto";
import { type StatusObject, status } from "@grpc/grpc-js";
import type { Bindings, Logger } from "pino";
import { INFERENCE_ERRORS, InferenceError } from "../errors.ts";
import type { Metrics } from "../observability/metrics.ts";

/** Longest message of a status: it travels in HTTP/2 trailers, which clients bound at 8 KiB. */
const MAX_MESSAGE_LENGTH = 2000;

/** Before another try where whoever failed knows no better: a place or memory becomes free within seconds. */
const RETRY_DELAY_MS = 1000;

/** The caller hung up. Nobody hears of it: it only ends the request's work. */
export class CallCancelledError extends Error {
  override readonly name = "CallCancelledError";
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
  if (error instanceof CallCancelledError) return plainStatus(status.CANCELLED, "the caller hung up");
  if (error instanceof InferenceError) {
    logger.info({ code: error.code, err: error.cause }, error.message);
    return inferenceStatus(error);
  }
  logger.error({ err: error }, "request failed");
  return plainStatus(status.INTERNAL, "internal error; the service's log tells more");
}

/** A failure's name in metrics: few and known. */
function failureReason(error: unknown): string {
  if (error instanceof CallCancelledError) return "CANCELLED";
  return error instanceof InferenceError ? error.code : "INTERNAL";
}

function inferenceStatus({ code, details, message }: InferenceError): StatusObject {
  const { status, retryable } = INFERENCE_ERRORS[code];
  const text = wireText(message);
  const retry = retryable ? { retryDelayMs: RETRY_DELAY_MS } : {};
  const metadata = encodeErrorDetails(status, text, { reason: code, ...retry, ...details });
  return { code: status, details: text, metadata };
}

function plainStatus(code: status, details: string): StatusObject {
  return { code, details, metadata: encodeErrorDetails(code, details, { reason: status[code] }) };
}

/** Cut, and with half characters replaced: grpc-js throws on them when it writes the trailers. */
function wireText(message: string): string {
  return Buffer.from(message.slice(0, MAX_MESSAGE_LENGTH)).toString();
}

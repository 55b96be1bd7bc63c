import { status } from "@grpc/grpc-js";

/** Every way a request can fail, its gRPC status and whether another try may help. docs/errors.md explains each. */
export const INFERENCE_ERRORS = {
  INVALID_ARGUMENT: { status: status.INVALID_ARGUMENT, retryable: false },
  PROMPT_TOO_LONG: { status: status.INVALID_ARGUMENT, retryable: false },
  MODEL_NOT_FOUND: { status: status.NOT_FOUND, retryable: false },
  MODEL_BROKEN: { status: status.FAILED_PRECONDITION, retryable: false },
  OUT_OF_MEMORY_BUDGET: { status: status.RESOURCE_EXHAUSTED, retryable: true },
  MODEL_TOO_LARGE: { status: status.FAILED_PRECONDITION, retryable: false },
  QUEUE_FULL: { status: status.RESOURCE_EXHAUSTED, retryable: true },
  QUEUE_TIMEOUT: { status: status.RESOURCE_EXHAUSTED, retryable: true },
  DRAINING: { status: status.UNAVAILABLE, retryable: true },
  UNAUTHENTICATED: { status: status.UNAUTHENTICATED, retryable: false },
} as const;

export type InferenceErrorCode = keyof typeof INFERENCE_ERRORS;

/** What an error tells programs beside its message. */
export interface InferenceErrorOptions {
  readonly cause?: unknown;
  /** The request's fields that were wrong, as `sampling.temperature`. */
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly retryDelayMs?: number;
}

/** A failure the caller can do something about. Its message says what was wrong, the value, the limit and what to do. */
export class InferenceError extends Error {
  override readonly name = "InferenceError";
  readonly code: InferenceErrorCode;
  readonly details: Omit<InferenceErrorOptions, "cause">;

  constructor(code: InferenceErrorCode, message: string, { cause, ...details }: InferenceErrorOptions = {}) {
    super(message, { cause });
    this.code = code;
    this.details = details;
  }
}

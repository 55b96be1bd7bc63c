/** Every way a request can fail, and whether another try may help. docs/errors.md explains each. */
export const INFERENCE_ERRORS = {
  INVALID_ARGUMENT: { retryable: false },
  PROMPT_TOO_LONG: { retryable: false },
  MODEL_NOT_FOUND: { retryable: false },
  MODEL_BROKEN: { retryable: false },
  OUT_OF_MEMORY_BUDGET: { retryable: true },
  MODEL_TOO_LARGE: { retryable: false },
  QUEUE_FULL: { retryable: true },
  QUEUE_TIMEOUT: { retryable: true },
  DRAINING: { retryable: true },
  ENGINE_FAILED: { retryable: true },
  UNAUTHENTICATED: { retryable: false },
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

/** Every way answering can fail, and whether the same message may succeed soon. docs/commands.md lists what people see. */
export const BOT_ERRORS = {
  ACCESS_DENIED: { retryable: false },
  CONVERSATION_BUSY: { retryable: false },
  DEADLINE_EXCEEDED: { retryable: false },
  DRAINING: { retryable: true },
  EMPTY_REPLY: { retryable: false },
  FILE_REFUSED: { retryable: false },
  INTERNAL: { retryable: false },
  INVALID_ARGUMENT: { retryable: false },
  MEMORY_UNAVAILABLE: { retryable: false },
  MESSAGE_TOO_LONG: { retryable: false },
  MODEL_BROKEN: { retryable: false },
  MODEL_NOT_FOUND: { retryable: false },
  MODEL_TOO_LARGE: { retryable: false },
  OUT_OF_MEMORY_BUDGET: { retryable: true },
  PROMPT_TOO_LONG: { retryable: false },
  QUEUE_FULL: { retryable: true },
  QUEUE_TIMEOUT: { retryable: false },
  QUOTA_EXCEEDED: { retryable: false },
  REPLY_GONE: { retryable: false },
  SERVICE_UNAVAILABLE: { retryable: true },
  UNAUTHENTICATED: { retryable: false },
} as const;

export type BotErrorCode = keyof typeof BOT_ERRORS;

/** What people are told of any other failure. */
export const SOMETHING_WRONG = "Something went wrong on my side; the log says what. Try again.";

/** A failure people are told of: the message is one sentence or two, what happened and what to do. */
export class BotError extends Error {
  override readonly name = "BotError";
  readonly code: BotErrorCode;
  /** How long to wait before another try, in milliseconds, where the service said so. */
  readonly retryDelayMs: number | undefined;

  constructor(
    code: BotErrorCode,
    message: string,
    options: { cause?: unknown; retryDelayMs?: number | undefined } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryDelayMs = options.retryDelayMs;
  }

  /** Whether the same message may succeed soon. */
  get isRetryable(): boolean {
    return BOT_ERRORS[this.code].retryable;
  }
}

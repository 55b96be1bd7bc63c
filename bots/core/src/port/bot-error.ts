import type { PlatformWords } from "./words.ts";

/** What there is to tell of a failure. */
interface Told {
  /** What was said where it was thrown, a sentence or two; "" where the code says enough. */
  readonly said: string;
  /** When to try again, as "in about 3 s". */
  readonly wait: string;
  readonly words: PlatformWords;
}

/** What a failure means for the message that could not be answered. */
interface Failure {
  /** What happened and what to do, for people. */
  readonly sentence: (told: Told) => string;
  /** Whether it may pass within seconds, so that the same is tried again before anyone is told. */
  readonly isRetryable: boolean;
  /** Whether another try by the reply's button may mend it. */
  readonly canPressAgain: boolean;
  /** Whether nothing that was asked is to blame, so that the message is not counted. */
  readonly isServiceFault: boolean;
}

const said = ({ said }: Told) => said;
const chooseAnother = ({ words }: Told) => `Choose another with ${words.commandPrefix}model`;

/** Kinds of failures: what is refused for good, what is up to the person, to the service, and what passes. */
const REFUSED = { sentence: said, isRetryable: false, canPressAgain: false, isServiceFault: false };
const ASKER = { ...REFUSED, canPressAgain: true };
const SERVICE = { ...ASKER, isServiceFault: true };
const PASSING = { ...SERVICE, isRetryable: true };

/** Every way answering can fail. docs/commands.md lists what people see. */
export const BOT_ERRORS = {
  ACCESS_DENIED: REFUSED,
  CONVERSATION_BUSY: ASKER,
  DEADLINE_EXCEEDED: {
    ...SERVICE,
    sentence: ({ said }) => said || "The model service took too long. Try again, or ask for something shorter.",
  },
  DRAINING: {
    ...PASSING,
    sentence: ({ said, wait }) => said || `The model service is about to restart. Try again ${wait}.`,
  },
  EMPTY_REPLY: {
    ...ASKER,
    sentence: ({ said }) => said || "The model had nothing to say. Ask again, or in other words.",
  },
  ENGINE_FAILED: {
    ...PASSING,
    sentence: ({ said }) => said || "The model failed while it worked on this; its service's log says why. Try again.",
  },
  FILE_REFUSED: REFUSED,
  INTERNAL: {
    ...SERVICE,
    sentence: ({ said }) => said || "Something went wrong on my side; the log says what. Try again.",
  },
  INVALID_ARGUMENT: {
    ...ASKER,
    sentence: ({ said, words }) =>
      `The model service refused this: ${said} Say it in other words, or choose another model with ${words.commandPrefix}model.`,
  },
  MEMORY_UNAVAILABLE: SERVICE,
  MESSAGE_TOO_LONG: REFUSED,
  MODEL_BROKEN: { ...SERVICE, sentence: (told) => `${told.said} ${chooseAnother(told)}.` },
  MODEL_NOT_FOUND: { ...SERVICE, sentence: (told) => `${told.said} ${chooseAnother(told)}.` },
  MODEL_TOO_LARGE: {
    ...SERVICE,
    sentence: (told) =>
      `This model needs more memory than the model service may use. ${chooseAnother(told)}, or ask its owner to raise CRIA_MEMORY.`,
  },
  NO_MODEL: {
    ...SERVICE,
    sentence: () => "The model service has no model. Its owner should add one: `npm run models`.",
  },
  OUT_OF_MEMORY_BUDGET: {
    ...PASSING,
    sentence: ({ words }) =>
      `There is no memory for this model while others are in use. Try again later, or choose another with ${words.commandPrefix}model.`,
  },
  PROMPT_TOO_LONG: {
    ...ASKER,
    sentence: ({ said, words }) =>
      `${said || "This message is too long for the model."} Shorten it, or choose another with ${words.commandPrefix}model.`,
  },
  QUEUE_FULL: {
    ...PASSING,
    sentence: ({ said, wait }) => said || `The model service has too much to do just now. Try again ${wait}.`,
  },
  QUEUE_TIMEOUT: {
    ...SERVICE,
    sentence: ({ said, wait }) => said || `The model service did not get to this message in time. Try again ${wait}.`,
  },
  QUOTA_EXCEEDED: ASKER,
  REPLY_GONE: REFUSED,
  SERVICE_UNAVAILABLE: {
    ...PASSING,
    sentence: ({ said }) => said || "The model service cannot be reached just now. Try again in a moment.",
  },
  UNAUTHENTICATED: {
    ...SERVICE,
    sentence: () => "The model service refused this bot's token. Its owner should set the same CRIA_TOKEN for both.",
  },
} as const satisfies Readonly<Record<string, Failure>>;

export type BotErrorCode = keyof typeof BOT_ERRORS;

/** A failure people are told of, by `tell`. */
export class BotError extends Error {
  override readonly name = "BotError";
  readonly code: BotErrorCode;
  /** What its sentence in `BOT_ERRORS` is made of; "" where the code says enough. */
  readonly said: string;
  /** How long to wait before another try, in milliseconds, where the service said so. */
  readonly retryDelayMs: number | undefined;

  constructor(code: BotErrorCode, said = "", options: { cause?: unknown; retryDelayMs?: number | undefined } = {}) {
    super(said || code, { cause: options.cause });
    this.code = code;
    this.said = said;
    this.retryDelayMs = options.retryDelayMs;
  }
}

/** What a failure means; one that nobody foresaw is `INTERNAL`. */
export function failureOf(error: unknown): Failure {
  return BOT_ERRORS[codeOf(error)];
}

/** The code of a failure, for logs and transcripts. */
export function codeOf(error: unknown): BotErrorCode {
  return error instanceof BotError ? error.code : "INTERNAL";
}

/** A failure as people are told of it: what happened and what to do. */
export function tell(error: unknown, words: PlatformWords): string {
  const { said, retryDelayMs } = error instanceof BotError ? error : new BotError("INTERNAL");
  const wait = retryDelayMs === undefined ? "in a moment" : `in about ${Math.max(1, Math.ceil(retryDelayMs / 1000))} s`;
  return failureOf(error).sentence({ said, wait, words });
}

import { decodeErrorDetails, type ErrorDetails } from "@cria/proto";
import { type ServiceError, status } from "@grpc/grpc-js";
import { BOT_ERRORS, BotError, type BotErrorCode } from "../port/bot-error.ts";
import { sentence } from "../text/sentences.ts";

/** What a status means when it carries no reason of ours, as when no server was reached. */
const CODES_BY_STATUS: Readonly<Partial<Record<status, BotErrorCode>>> = {
  [status.UNAVAILABLE]: "SERVICE_UNAVAILABLE",
  [status.DEADLINE_EXCEEDED]: "DEADLINE_EXCEEDED",
  [status.UNAUTHENTICATED]: "UNAUTHENTICATED",
  [status.NOT_FOUND]: "MODEL_NOT_FOUND",
  [status.RESOURCE_EXHAUSTED]: "QUEUE_FULL",
  [status.FAILED_PRECONDITION]: "MODEL_BROKEN",
  [status.INVALID_ARGUMENT]: "INVALID_ARGUMENT",
};

/** A gRPC failure as people are told of it; what the service says of a model or a request is kept, its internals are not. */
export function toBotError(error: unknown): BotError {
  if (!isServiceError(error)) return new BotError("INTERNAL", SENTENCES.INTERNAL(""), { cause: error });
  const details = decodeErrorDetails(error);
  const code = botErrorCode(error.code, details);
  const retryDelayMs = details?.retryDelayMs;
  const wait = retryDelayMs === undefined ? "in a moment" : `in about ${Math.max(1, Math.ceil(retryDelayMs / 1000))} s`;
  const said = code === "PROMPT_TOO_LONG" ? promptLengths(details) : sentence(error.details);
  return new BotError(code, SENTENCES[code](said, wait), { cause: error, retryDelayMs });
}

function botErrorCode(grpcStatus: status, details: ErrorDetails | undefined): BotErrorCode {
  const reason = details?.reason;
  if (reason !== undefined && Object.hasOwn(BOT_ERRORS, reason)) return reason as BotErrorCode;
  return CODES_BY_STATUS[grpcStatus] ?? "INTERNAL";
}

type Sentence = (said: string, wait?: string) => string;

/** `said` is the service's own message, with a full stop. */
const SENTENCES: Readonly<Record<BotErrorCode, Sentence>> = {
  ACCESS_DENIED: (said) => said,
  CONVERSATION_BUSY: (said) => said,
  DEADLINE_EXCEEDED: () => "The model service took too long. Try again, or ask for something shorter.",
  DRAINING: (_, wait) => `The model service is about to restart. Try again ${wait}.`,
  EMPTY_REPLY: (said) => said,
  FILE_REFUSED: (said) => said,
  INTERNAL: () => "Something went wrong in the model service; its log says what. Try again.",
  INVALID_ARGUMENT: (said) =>
    `The model service refused this: ${said} Say it in other words, or choose another model with /model.`,
  MEMORY_UNAVAILABLE: (said) => said,
  MESSAGE_TOO_LONG: (said) => said,
  MODEL_BROKEN: (said) => `This model cannot be used: ${said} Choose another with /model.`,
  MODEL_NOT_FOUND: (said) => `${said} Choose another with /model.`,
  MODEL_TOO_LARGE: () =>
    "This model needs more memory than the model service may use. Choose another with /model, or ask its owner to raise CRIA_MEMORY.",
  OUT_OF_MEMORY_BUDGET: () =>
    "There is no memory for this model while others are in use. Try again later, or choose another with /model.",
  PROMPT_TOO_LONG: (said) =>
    `This message is too long for the model${said}. Shorten it, or choose another with /model.`,
  QUEUE_FULL: (_, wait) => `The model service has too much to do just now. Try again ${wait}.`,
  QUEUE_TIMEOUT: (_, wait) => `The model service did not get to this message in time. Try again ${wait}.`,
  QUOTA_EXCEEDED: (said) => said,
  REPLY_GONE: (said) => said,
  SERVICE_UNAVAILABLE: () => "The model service cannot be reached just now. Try again in a moment.",
  UNAUTHENTICATED: () =>
    "The model service refused this bot's token. Its owner should set the same CRIA_TOKEN for both.",
};

/** The service's message is for programmers; its figures are for everyone. */
function promptLengths(details: ErrorDetails | undefined): string {
  const { promptTokens, maxModelLen } = details?.metadata ?? {};
  return promptTokens && maxModelLen
    ? `: it has ${promptTokens} tokens, and ${maxModelLen} must hold it and the reply`
    : "";
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

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

/** A gRPC failure as a `BotError`: what the service says of a model or a request is kept, its internals are not. */
export function toBotError(error: unknown): BotError {
  if (!isServiceError(error)) return new BotError("INTERNAL", said("INTERNAL", "", undefined), { cause: error });
  const details = decodeErrorDetails(error);
  const code = botErrorCode(error.code, details);
  const retryDelayMs = details?.retryDelayMs;
  return new BotError(code, said(code, sentence(error.details), details), { cause: error, retryDelayMs });
}

function botErrorCode(grpcStatus: status, details: ErrorDetails | undefined): BotErrorCode {
  const reason = details?.reason;
  if (reason !== undefined && Object.hasOwn(BOT_ERRORS, reason)) return reason as BotErrorCode;
  return CODES_BY_STATUS[grpcStatus] ?? "INTERNAL";
}

/** What people are to hear of the service's own message, which is for programmers. */
function said(code: BotErrorCode, message: string, details: ErrorDetails | undefined): string {
  switch (code) {
    case "INTERNAL":
      return "Something went wrong in the model service; its log says what. Try again.";
    case "INVALID_ARGUMENT":
    case "MODEL_NOT_FOUND":
      return message;
    case "MODEL_BROKEN":
      return `This model cannot be used: ${message}`;
    case "PROMPT_TOO_LONG":
      return promptLengths(details);
    default:
      return "";
  }
}

/** The figures are for everyone. */
function promptLengths(details: ErrorDetails | undefined): string {
  const { promptTokens, maxModelLen } = details?.metadata ?? {};
  return promptTokens && maxModelLen
    ? `This message is too long for the model: it has ${promptTokens} tokens, and ${maxModelLen} must hold it and the reply.`
    : "";
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

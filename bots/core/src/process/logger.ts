import { type DestinationStream, type Logger, pino } from "pino";
import { BotError } from "../port/bot-error.ts";
import { shorten } from "../text/shorten.ts";
import type { Environment } from "./environment.ts";

/** UTF-16 code units of an error's message that are told: what answers in a service's place may send a whole page. */
const MAX_MESSAGE_LENGTH = 1_000;
/** Causes of causes that are told. */
const MAX_DEPTH = 5;

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** The level that the environment sets; `info` where it sets none, or one that is none, which is a fault of its own. */
export function logLevel({ CRIA_LOG_LEVEL: level }: Environment): string {
  return LOG_LEVELS.find((known) => known === level) ?? "info";
}

/** What a log says of an error; everything else that platforms' libraries hang on one stays out of it. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly status?: number;
  readonly method?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/**
 * A bot's logger, in JSON lines on standard output. Libraries put addresses with tokens and bodies with people's words into
 * their errors, so of an error only what is named here is told.
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options = { name, level, serializers: { err: (error: unknown) => loggedError(error) } };
  return destination ? pino(options, destination) : pino(options);
}

/** What a log says of an error, and of its causes down to the fifth: of one that people are told of its code, as its sentence may hold their words. */
export function loggedError(error: unknown, depth = 1): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: shorten(String(error), MAX_MESSAGE_LENGTH) };
  const { code, status, statusCode, method } = error as Error & {
    readonly [field in keyof LoggedError | "statusCode"]?: unknown;
  };
  const httpStatus = status ?? statusCode;
  const message = error instanceof BotError ? error.code : shorten(error.message, MAX_MESSAGE_LENGTH);
  return {
    type: error.name,
    message,
    ...((typeof code === "string" || typeof code === "number") && { code }),
    ...(typeof httpStatus === "number" && { status: httpStatus }),
    ...(typeof method === "string" && { method }),
    ...(error.stack !== undefined && { stack: error.stack.replace(error.message, () => message) }),
    ...(error.cause instanceof Error && depth < MAX_DEPTH && { cause: loggedError(error.cause, depth + 1) }),
  };
}

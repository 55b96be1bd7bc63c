import type { Logger } from "pino";
import { BotError } from "../../port/bot-error.ts";

/** Faults that are logged once each, before they are logged anew. */
const MAX_LOGGED = 1_000;

/** Logs what is wrong about an entry, or a writer. */
export type LogFault = (about: string, error: unknown, text: string) => void;

/** Logs each once, since it is tried again and again. That Redis is away is told elsewhere. */
export function createFaultLog(logger: Logger): LogFault {
  const logged = new Set<string>();
  return (about, error, text) => {
    const fault = `${about} ${text}`;
    if (isUnavailable(error) || logged.has(fault)) return;
    if (logged.size >= MAX_LOGGED) logged.clear();
    logged.add(fault);
    logger.error({ err: error, about }, text);
  };
}

/** Whether Redis did not answer, so that it may have heard or not. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof BotError && error.code === "MEMORY_UNAVAILABLE";
}

import { type Logger as BoltLogger, LogLevel } from "@slack/bolt";
import type { Logger } from "pino";

/**
 * The library's log in ours. Its warnings are of what the platform handles itself, and its debugging holds people's words:
 * both are for who asked for debugging.
 */
export function createBoltLogger(logger: Logger): BoltLogger {
  const write =
    (level: "debug" | "trace") =>
    (...parts: unknown[]) =>
      logger[level](parts.map(describe).join(" "));
  return {
    debug: write("trace"),
    info: write("debug"),
    warn: write("debug"),
    error: write("debug"),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}

function describe(part: unknown): string {
  return part instanceof Error ? part.message : String(part);
}

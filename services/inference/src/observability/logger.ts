import { type LevelWithSilent, type Logger, pino } from "pino";

/**
 * The process's log: one JSON object a line on standard output. What people write and what models answer is never logged;
 * fields that could hold a secret are masked should one get here by mistake.
 */
export function createLogger(level: LevelWithSilent): Logger {
  return pino({ name: "inference", level, redact: ["token", "*.token", "authorization", "*.authorization"] });
}

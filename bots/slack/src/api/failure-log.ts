import { type LoggedError, loggedError } from "@cria/bot-core";
import type { Logger } from "pino";
import { slackError } from "./slack-errors.ts";

/** The logger, with what Slack refuses as its code alone: a stack of the library's says nothing of it. */
export function withShortFailures(logger: Logger): Logger {
  return logger.child({}, { serializers: { err: failure } });
}

function failure(error: unknown): LoggedError {
  const code = slackError(error);
  return code === undefined ? loggedError(error) : { type: "SlackRefusal", message: code };
}

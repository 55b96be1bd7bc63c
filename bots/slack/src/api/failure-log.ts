import { type Logger, stdSerializers } from "pino";
import { slackError } from "./slack-errors.ts";

/** The logger, with what Slack refuses as its code alone: a stack of the library's says nothing of it. */
export function withShortFailures(logger: Logger): Logger {
  return logger.child({}, { serializers: { err: failure } });
}

function failure(error: Error): unknown {
  const code = slackError(error);
  return code === undefined ? stdSerializers.err(error) : { type: "SlackRefusal", message: code };
}

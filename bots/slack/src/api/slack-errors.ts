/** The error of a Web API call, as "channel_not_found"; undefined for a failure on the way. */
export function slackError(error: unknown): string | undefined {
  const { code, data } = (error ?? {}) as { code?: string; data?: { error?: unknown } };
  if (code !== "slack_webapi_platform_error") return undefined;
  // Where the answer is no JSON, as a proxy's page or one that was cut, the library takes all of it for the error.
  return /^\w+$/.test(String(data?.error)) ? String(data?.error) : undefined;
}

/** How long Slack wants a method to be left alone, in milliseconds; undefined for other failures. */
export function retryAfterMs(error: unknown): number | undefined {
  const { code, retryAfter } = (error ?? {}) as { code?: string; retryAfter?: number };
  return code === "slack_webapi_rate_limited_error" ? (retryAfter ?? 1) * 1_000 : undefined;
}

/** Whether the call may succeed soon: it or its answer was lost on the way, or Slack itself was down. */
export function isTransient(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  if (code === "slack_webapi_http_error") return (statusCode ?? 0) >= 500;
  const refusal = slackError(error);
  return refusal === undefined ? isLostOnTheWay(error) : DOWN.has(refusal);
}

function isLostOnTheWay(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: string };
  if (code === "slack_webapi_request_error" || code === "slack_webapi_platform_error") return true;
  // What happens within the body of an answer the library passes on as it is.
  return error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
}

/** Whether a call that failed may have been carried out all the same. */
export function mayHaveArrived(error: unknown): boolean {
  return isTransient(error) && !neverArrived(error);
}

/** Whether the request certainly was not carried out, so that even a post may be tried again. */
export function neverArrived(error: unknown): boolean {
  const { original } = (error ?? {}) as { original?: { cause?: { code?: string } } };
  return original?.cause?.code === "ECONNREFUSED" || original?.cause?.code === "ENOTFOUND";
}

const DOWN = new Set(["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"]);

const TOKEN_ERRORS = new Set(["account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"]);
const PLACE_ERRORS = new Set([
  "cannot_reply_to_message",
  "channel_not_found",
  "is_archived",
  "missing_scope",
  "not_in_channel",
  "restricted_action",
  "thread_not_found",
]);

/** Whether Slack no longer takes the bot's token. */
export function isTokenError(error: unknown): boolean {
  return TOKEN_ERRORS.has(slackError(error) ?? "");
}

/** Whether nothing more can be written in that place: the bot was removed, the channel or the thread is gone. */
export function isUnreachable(error: unknown): boolean {
  return isTokenError(error) || PLACE_ERRORS.has(slackError(error) ?? "");
}

/** Whether a message cannot be written into any more, but others can. */
export function isMessageLost(error: unknown): boolean {
  const refusal = slackError(error) ?? "";
  return ["cant_update_message", "edit_window_closed", "msg_too_long", "msg_blocks_too_long"].includes(refusal);
}

/** Whether somebody deleted the message. */
export function isDeleted(error: unknown): boolean {
  return slackError(error) === "message_not_found";
}

/** Refusals that say something of the whole app or workspace, whatever the channel. */
const APP_ERRORS = new Set([
  "access_denied",
  "deprecated_endpoint",
  "feature_not_enabled",
  "method_deprecated",
  "missing_scope",
  "no_permission",
  "not_allowed_token_type",
  "team_access_not_granted",
  "unknown_method",
]);

/** Where a method will be refused again, however often it is called: in the channel, or everywhere; undefined for other failures. */
export function refusedFor(error: unknown): "channel" | "app" | undefined {
  const refusal = slackError(error);
  if (refusal === undefined || refusal === "ratelimited" || isTransient(error)) return undefined;
  if (APP_ERRORS.has(refusal)) return "app";
  return isUnreachable(error) || isMessageLost(error) || isDeleted(error) ? undefined : "channel";
}

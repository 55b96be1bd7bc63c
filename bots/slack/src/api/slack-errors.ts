/** The error of a Web API call, as "channel_not_found"; undefined for a failure on the way. */
export function slackError(error: unknown): string | undefined {
  const { code, data } = (error ?? {}) as { code?: string; data?: { error?: unknown } };
  return code === "slack_webapi_platform_error" ? String(data?.error) : undefined;
}

/** How long Slack wants a method to be left alone, in milliseconds; undefined for other failures. */
export function retryAfterMs(error: unknown): number | undefined {
  const { code, retryAfter } = (error ?? {}) as { code?: string; retryAfter?: number };
  return code === "slack_webapi_rate_limited_error" ? (retryAfter ?? 1) * 1_000 : undefined;
}

/** Whether the request never arrived or Slack itself was down: the same call may succeed soon. */
export function isTransient(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  if (code === "slack_webapi_http_error") return (statusCode ?? 0) >= 500;
  return code === "slack_webapi_request_error" || isSlackDown(slackError(error));
}

/** Whether the request certainly was not carried out, so that even a post may be tried again. */
export function neverArrived(error: unknown): boolean {
  const { original } = (error ?? {}) as { original?: { cause?: { code?: string } } };
  return original?.cause?.code === "ECONNREFUSED" || original?.cause?.code === "ENOTFOUND";
}

const DOWN = new Set(["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"]);
const isSlackDown = (error: string | undefined) => error !== undefined && DOWN.has(error);

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
  return [
    "message_not_found",
    "cant_update_message",
    "edit_window_closed",
    "msg_too_long",
    "msg_blocks_too_long",
  ].includes(slackError(error) ?? "");
}

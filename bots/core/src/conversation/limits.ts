import { BotError } from "../port/bot-error.ts";

/** How long an event id stays claimed: Slack's last retry comes about six minutes after the event. */
export const EVENT_TTL_MS = 10 * 60_000;
/** Most messages that wait for one conversation's turn, beside the one that has it. */
export const MAX_WAITING_TURNS = 32;

export function busyError(): BotError {
  const message = `${MAX_WAITING_TURNS} messages already wait in this conversation. Wait for some of the replies and send it again.`;
  return new BotError("CONVERSATION_BUSY", message);
}

/** Most entries of one writer that are pending: a process answers some thousands an hour. */
export const MAX_PENDING = 10_000;

export function inboxFullError(): BotError {
  const message = `${MAX_PENDING} messages already wait for this bot. Send it again in some minutes.`;
  return new BotError("CONVERSATION_BUSY", message);
}

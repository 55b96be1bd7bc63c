import { DiscordAPIError, RESTJSONErrorCodes } from "discord.js";

/** Errors after which nothing more can be written in a place: it is gone, or the bot may not any more. */
const LOST: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownMessage,
  RESTJSONErrorCodes.MissingAccess,
  RESTJSONErrorCodes.MissingPermissions,
  RESTJSONErrorCodes.CannotSendMessagesToThisUser,
  RESTJSONErrorCodes.InvalidActionOnArchivedThread,
];

/** What is asked for is there no more, or not for the bot to see. */
const GONE: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownMessage,
  RESTJSONErrorCodes.MissingAccess,
];

/** Somebody else's answer came first, or three seconds were over. */
const ANSWERED: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged,
];

/** Discord's JSON error code, if the error has one. */
export function errorCode(error: unknown): string | number | undefined {
  return error instanceof DiscordAPIError ? error.code : undefined;
}

/** Whether it is no use to write there again. */
export function isLost(error: unknown): boolean {
  return LOST.includes(errorCode(error));
}

/** Whether it is no use to look there again. */
export function isGone(error: unknown): boolean {
  return GONE.includes(errorCode(error));
}

/** Resolves where the message is gone already, as where Discord's answer to the same request was lost. */
export async function gone(deletion: Promise<unknown>): Promise<void> {
  await deletion.catch((error: unknown) => {
    if (errorCode(error) !== RESTJSONErrorCodes.UnknownMessage) throw error;
  });
}

/** Whether the interaction is not this process's to answer: it came too late, or another process was first. */
export function isAnswered(error: unknown): boolean {
  return ANSWERED.includes(errorCode(error));
}

/** Whether the bot lacks a permission there. */
export function isForbidden(error: unknown): boolean {
  const code = errorCode(error);
  return code === RESTJSONErrorCodes.MissingPermissions || code === RESTJSONErrorCodes.MissingAccess;
}

/** Messages of an archived thread cannot be edited; a new one would open it again. */
export const THREAD_IS_ARCHIVED = RESTJSONErrorCodes.InvalidActionOnArchivedThread;

/** Replies need the permission to read the history. */
export const REPLY_NEEDS_HISTORY = RESTJSONErrorCodes.CannotReplyWithoutPermissionToReadMessageHistory;

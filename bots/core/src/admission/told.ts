import type { Claims } from "../conversation/claims.ts";
import { conversationKey, writerOf } from "../conversation/conversation-key.ts";
import { BotError } from "../port/bot-error.ts";
import type { Author, Place } from "../port/place.ts";

/** In public a person is told this often why they are not answered; others read it too. */
const TOLD_EVERY_MS = 10 * 60_000;

/** Whether lists or quotas keep someone from being answered. */
export function isTurnedAway(error: unknown): error is BotError {
  return error instanceof BotError && (error.code === "ACCESS_DENIED" || error.code === "QUOTA_EXCEEDED");
}

/**
 * Whether a failure is to be told where all see it: why someone is turned away is once in a while, for each person, channel and
 * reason, and of a quota again when it is open again. Directly, and while the store is away, it is told always.
 */
export async function isToBeTold(
  claims: Claims,
  { place, author }: { readonly place: Place; readonly author: Author },
  error: unknown,
): Promise<boolean> {
  if (place.isDirect || !isTurnedAway(error)) return true;
  const { threadId: _, ...channel } = place;
  // What is said of a quota counts the seconds.
  const reason = error.code === "QUOTA_EXCEEDED" ? error.code : error.said;
  const id = ["told", conversationKey(channel), author.id, reason].map(encodeURIComponent).join(":");
  const ttlMs = Math.max(Math.min(error.retryDelayMs ?? TOLD_EVERY_MS, TOLD_EVERY_MS), 1);
  return await claims.claim(writerOf(place), id, Math.ceil(ttlMs)).catch(() => true);
}

import { BotError } from "../port/bot-error.ts";
import type { KeptReply } from "./kept-reply.ts";
import type { KeptReplies } from "./rounds.ts";

/**
 * A kept reply whose place in memory no other has taken. Throws a `BotError` (`REPLY_GONE`) where it was forgotten, reset or
 * replaced, as by a second press of its button.
 */
export async function findReply(replies: KeptReplies, conversation: string, id: string): Promise<KeptReply> {
  const kept = await replies.get(conversation, id);
  const hasItsPlace = kept?.replaces === undefined || (await replies.get(conversation, kept.replaces)) !== undefined;
  if (kept && hasItsPlace) return kept;
  throw replyGone();
}

/** As a sentence for whoever pressed a button. */
export function replyGone(): BotError {
  return new BotError("REPLY_GONE", "This reply was replaced or is too old for that; ask again.");
}

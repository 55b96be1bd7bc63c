import type { SlackContext } from "../context.ts";
import { replyIdsIn } from "../reply/reply-blocks.ts";
import { replyIdOf } from "../reply/reply-messages.ts";
import { plainText } from "../text/plain-text.ts";
import { ownText } from "../text/readable-text.ts";
import { isOverheard, mayBeForBot } from "./for-bot.ts";
import { isWritten, type MessageChange, placeOf, type SlackMessageEvent } from "./message-event.ts";
import { receive } from "./receive.ts";

/**
 * What people change among themselves is nothing to the bot, nor to the memory that all its processes share; what was or is
 * for the bot is an edit, and what becomes a call for it a message.
 */
export async function handleChange(context: SlackContext, change: MessageChange): Promise<void> {
  if (change.type === "deleted") return await handleDeletion(context, change);
  const { message, before } = change;
  const wasForBot = before !== undefined && (await mayBeForBot(context, before));
  const isCalled = before !== undefined && isOverheard(context, before) && !isOverheard(context, message);
  if (isCalled && !wasForBot) return await receive(context, message, { isEdited: true });
  if (!wasForBot && !(await mayBeForBot(context, message))) return;
  const text = ownText(message);
  const words = plainText(text, context.botUserId, await context.names.of([text]));
  await context.core.handleEdit({ place: placeOf(message, context), messageId: message.ts, text: words });
}

/** The bot also posts questions for people, so its message may be one. */
async function handleDeletion(
  context: SlackContext,
  { message, isKnown }: MessageChange & { readonly type: "deleted" },
): Promise<void> {
  const isOwn = message.user === context.botUserId;
  const ids = isOwn ? [...deletedReplyIds(context, message), message.ts] : [message.ts];
  if (!isOwn && isKnown && !(isWritten(message) && (await mayBeForBot(context, message)))) return;
  await context.core.handleDeletion({ place: placeOf(message, context), ids });
}

/**
 * Of replies that this process wrote lately each message is known; of others the last by its buttons, and the rest to the core.
 * What the bot takes away itself is none of these.
 */
function deletedReplyIds({ running, writer }: SlackContext, { ts, blocks }: SlackMessageEvent): readonly string[] {
  const replyId = replyIdOf(writer.messages.idOf(ts) ?? "");
  for (const open of running) if (open.replyId === replyId) open.reply.endUnseen();
  return replyId === "" ? replyIdsIn(blocks) : [replyId];
}

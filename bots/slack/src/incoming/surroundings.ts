import type { IncomingMessage } from "@cria/bot-core";
import type { SlackContext } from "../context.ts";
import { attachmentsOf } from "./files.ts";
import { quotesOf, type SlackMessageEvent } from "./message-event.ts";
import { mentionedUsers, plainText } from "./plain-text.ts";

/** What a message is about: messages shared with it, the root of a thread that the bot is called into, and files. */
export async function surroundings(
  context: SlackContext,
  event: SlackMessageEvent,
): Promise<Pick<IncomingMessage, "quote" | "attachments">> {
  const { channel, thread_ts, ts, files = [] } = event;
  const root = thread_ts === undefined ? undefined : await unknownRoot(context, channel, thread_ts, ts);
  const quotes = [...(root?.text ? [root.text] : []), ...quotesOf(event)];
  const names = await context.people.names(quotes.flatMap(mentionedUsers));
  const quote = quotes.map((text) => plainText(text, context.botUserId, names)).join("\n\n");
  const attachments = attachmentsOf([...files, ...(root?.files ?? [])], context.fileAccess);
  return { attachments, ...(quote && { quote }) };
}

async function unknownRoot({ threads }: SlackContext, channel: string, threadTs: string, ts: string) {
  if (threads.hasJoined(channel, threadTs)) return undefined;
  const messages = await threads.messages(channel, threadTs);
  return threads.isIn(messages, ts) ? undefined : messages[0];
}

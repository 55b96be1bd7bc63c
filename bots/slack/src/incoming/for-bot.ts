import { isStopWord } from "@cria/bot-core";
import type { SlackContext } from "../context.ts";
import { mentionedUsers } from "../text/plain-text.ts";
import type { SlackMessageEvent } from "./message-event.ts";

/** Whether the bot is not named, so that others may be meant. */
export function isOverheard({ botUserId }: SlackContext, { channel, text = "" }: SlackMessageEvent): boolean {
  return !channel.startsWith("D") && !mentionedUsers(text).includes(botUserId);
}

/**
 * Whether a message is for the bot, as far as the message itself and what this process knows of its place tell; undefined
 * where that must be looked up.
 */
export function isForBotAtSight(context: SlackContext, event: SlackMessageEvent): boolean | undefined {
  const { channel, thread_ts, ts, text = "" } = event;
  if (!isOverheard(context, event)) return true;
  // Among people it is polite not to answer what was put to someone else.
  if (mentionedUsers(text).length > 0) return false;
  if (!isInThread(event)) return context.openChannels.knows(channel);
  if (!context.followsThreads && !isStopWord(text)) return false;
  return context.threads.knows({ channel, threadTs: String(thread_ts), ts });
}

/** As `isForBotAtSight`, looked up where it must be; undefined where that cannot be known just now. */
export async function isForBot(context: SlackContext, event: SlackMessageEvent): Promise<boolean | undefined> {
  const { channel, thread_ts, ts } = event;
  const atSight = isForBotAtSight(context, event);
  if (atSight !== undefined) return atSight;
  if (!isInThread(event)) return await context.openChannels.has(channel);
  return await context.threads.has({ channel, threadTs: String(thread_ts), ts });
}

/**
 * As `isForBot`, without a look into the memory that all processes share, but once in a while for what is set for a channel.
 * True where that memory would have to tell.
 */
export async function mayBeForBot(context: SlackContext, event: SlackMessageEvent): Promise<boolean> {
  const { channel, thread_ts, ts } = event;
  const atSight = isForBotAtSight(context, event);
  if (atSight !== undefined) return atSight;
  if (!isInThread(event)) return (await context.openChannels.has(channel)) ?? false;
  return (await context.threads.mayHave({ channel, threadTs: String(thread_ts), ts })) ?? true;
}

/** The root of a thread names its own timestamp. */
export function isInThread({ thread_ts, ts }: SlackMessageEvent): boolean {
  return thread_ts !== undefined && thread_ts !== ts;
}

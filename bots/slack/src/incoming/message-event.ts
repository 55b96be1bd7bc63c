import type { Place } from "@cria/bot-core";
import type { ReadableMessage } from "../text/readable-text.ts";

/** What the bot reads of a message that Slack lists. */
export interface SlackMessage extends ReadableMessage {
  readonly subtype?: string;
  readonly user?: string;
  /** The author's workspace; another one than the app's where a channel is shared. */
  readonly user_team?: string;
  /** Of an app that writes under names of its own. */
  readonly username?: string;
  readonly bot_profile?: { readonly name?: string };
  readonly ts: string;
  readonly thread_ts?: string;
  /** Of a thread's root. */
  readonly reply_count?: number;
}

/** What the bot reads of `message` and `app_mention` events. */
export interface SlackMessageEvent extends SlackMessage {
  readonly channel: string;
  readonly channel_type?: string;
  /** Of an edit: the message as it is now. */
  readonly message?: SlackMessage;
  readonly previous_message?: SlackMessage;
  readonly deleted_ts?: string;
}

/** Kinds of messages that people write; all others are Slack's own or other bots'. */
const WRITTEN = new Set([undefined, "file_share", "thread_broadcast", "me_message"]);

/** Whether a person wrote it. */
export function isWritten({ subtype, bot_id, user }: SlackMessage): boolean {
  return WRITTEN.has(subtype) && bot_id === undefined && user !== undefined;
}

/** Whose replies a process writes. */
export interface OwnApp {
  readonly workspaceId: string;
  /** Another app of the workspace is another bot, though it may share the memory. */
  readonly botUserId: string;
}

/** Where a message's conversation takes place: its thread, or the one that it roots. */
export function placeOf(
  event: Pick<SlackMessageEvent, "channel" | "channel_type" | "ts" | "thread_ts">,
  own: OwnApp,
): Place & { readonly threadId: string } {
  const { channel, channel_type, ts, thread_ts = ts } = event;
  const isDirect = channel_type === "im" || channel.startsWith("D");
  const where = { workspaceId: own.workspaceId, channelId: channel, threadId: thread_ts, isDirect };
  return { platform: "slack", writer: writerOf(own), ...where };
}

/** Whose processes may go on with one another's replies. */
export function writerOf({ workspaceId, botUserId }: OwnApp): string {
  return `slack:${workspaceId}:${botUserId}`;
}

/** What an event says became of an older message; `before` is how it was, where Slack tells. */
export type MessageChange =
  | { readonly type: "edited"; readonly message: SlackMessageEvent; readonly before: SlackMessageEvent | undefined }
  | { readonly type: "deleted"; readonly message: SlackMessageEvent; readonly isKnown: boolean };

/** An edit or a deletion of someone's words; undefined for all other changes, as a preview that Slack adds to a link. */
export function changeOf(event: SlackMessageEvent): MessageChange | undefined {
  const { subtype, message, previous_message: before, deleted_ts, channel, channel_type } = event;
  const where = { channel, ...(channel_type !== undefined && { channel_type }) };
  const gone = (ts: string, threadTs: string | undefined): MessageChange => {
    const place = { ...where, ts, ...(threadTs !== undefined && { thread_ts: threadTs }) };
    return { type: "deleted", message: { ...before, ...place }, isKnown: before !== undefined };
  };
  if (subtype === "message_deleted" && deleted_ts !== undefined) return gone(deleted_ts, before?.thread_ts);
  if (subtype !== "message_changed" || !message) return undefined;
  // The root of a thread is not taken away but made a tombstone.
  if (message.subtype === "tombstone") return gone(message.ts, message.thread_ts);
  if (message.bot_id !== undefined || message.text === before?.text) return undefined;
  return { type: "edited", message: { ...message, ...where }, before: before && { ...before, ...where } };
}

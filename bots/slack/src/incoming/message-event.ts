import type { Place } from "@cria/bot-core";
import type { SlackFile } from "./files.ts";

/** What the bot reads of `message` and `app_mention` events, and of messages that Slack lists. */
export interface SlackMessageEvent {
  readonly type: "message" | "app_mention";
  readonly subtype?: string;
  readonly channel: string;
  readonly channel_type?: string;
  readonly user?: string;
  /** The author's workspace; another one than the app's where a channel is shared. */
  readonly user_team?: string;
  readonly bot_id?: string;
  readonly ts: string;
  readonly thread_ts?: string;
  readonly text?: string;
  readonly files?: readonly SlackFile[];
  /** Shared messages and previews of links. */
  readonly attachments?: readonly {
    readonly is_share?: boolean;
    readonly is_msg_unfurl?: boolean;
    readonly text?: string;
  }[];
  /** Of an edit: the message as it is now. */
  readonly message?: SlackMessageEvent;
  readonly previous_message?: SlackMessageEvent;
  readonly deleted_ts?: string;
}

/** Kinds of messages that people write; all others are Slack's own or other bots'. */
const WRITTEN = new Set([undefined, "file_share", "thread_broadcast", "me_message"]);

/** Whether a person wrote it. */
export function isWritten({ subtype, bot_id, user }: SlackMessageEvent): boolean {
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

/** What an event says became of an older message. */
export type MessageChange =
  | { readonly type: "edited"; readonly message: SlackMessageEvent; readonly before: SlackMessageEvent | undefined }
  | { readonly type: "deleted"; readonly message: SlackMessageEvent };

/** An edit or a deletion of someone's words; undefined for all other changes, as a preview that Slack adds to a link. */
export function changeOf(event: SlackMessageEvent): MessageChange | undefined {
  const { subtype, message, previous_message: before, deleted_ts, channel, channel_type } = event;
  const where = { channel, ...(channel_type !== undefined && { channel_type }) };
  if (subtype === "message_deleted" && deleted_ts !== undefined)
    return { type: "deleted", message: { type: "message", ...before, ...where, ts: deleted_ts } };
  if (subtype !== "message_changed" || !message) return undefined;
  // The root of a thread is not taken away but made a tombstone.
  if (message.subtype === "tombstone") return { type: "deleted", message: { ...message, ...where } };
  if (message.bot_id !== undefined || message.text === before?.text) return undefined;
  return { type: "edited", message: { ...message, ...where }, before: before && { ...before, ...where } };
}

/** The text of messages that were shared with this one. */
export function quotesOf({ attachments = [] }: SlackMessageEvent): readonly string[] {
  return attachments
    .filter(({ is_share, is_msg_unfurl }) => is_share || is_msg_unfurl)
    .flatMap(({ text }) => text ?? []);
}

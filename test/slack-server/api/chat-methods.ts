import { checkMessageBlocks, type Json } from "../world/blocks.ts";
import { checkMarkdown, checkUpdateText, cutPost } from "../world/limits.ts";
import { messageJson } from "../world/message-json.ts";
import type { Message, World } from "../world/world.ts";
import { type Arguments, type CallContext, checkThread, type Method, text, writableChannel } from "./method.ts";
import { SlackRefusal } from "./slack-error.ts";

const CONTENT = ["text", "blocks", "markdown_text", "attachments", "mrkdwn", "parse", "link_names", "metadata"];
const AUTHOR = ["icon_emoji", "icon_url", "username", "unfurl_links", "unfurl_media", "reply_broadcast"];

/** `chat.*` without streaming. */
export const chatMethods: Readonly<Record<string, Method>> = {
  "chat.postMessage": {
    required: ["channel"],
    optional: [...CONTENT, ...AUTHOR, "thread_ts"],
    scopes: ["chat:write"],
    run: (args, context) => post(args, context, undefined),
  },
  "chat.postEphemeral": {
    required: ["channel", "user"],
    optional: [...CONTENT, ...AUTHOR, "thread_ts"],
    scopes: ["chat:write"],
    run: (args, context) => {
      const { members } = writableChannel(context.world, text(args, "channel"));
      if (!members.has(text(args, "user"))) throw new SlackRefusal("user_not_in_channel");
      const { ts } = post(args, context, text(args, "user"));
      return { message_ts: ts };
    },
  },
  "chat.update": {
    required: ["channel", "ts"],
    optional: [...CONTENT, "file_ids", "reply_broadcast"],
    scopes: ["chat:write"],
    run: update,
  },
  "chat.delete": { required: ["channel", "ts"], optional: [], scopes: ["chat:write"], run: remove },
};

function post(args: Arguments, context: CallContext, ephemeralTo: string | undefined): Json {
  const { world } = context;
  const { id: channel } = writableChannel(world, text(args, "channel"));
  const threadTs = checkThread(world, channel, args.thread_ts);
  const content = { ...readContent(args), metadata: readMetadata(args), hasPreviews: !isPlain(args) };
  const message = world.add({ channel, user: world.botUser, threadTs, ephemeralTo, ...content });
  if (ephemeralTo === undefined) announce(context, message);
  return { channel, ts: message.ts, message: messageJson(world, message, context.baseUrl) };
}

/** Whether a post asks for no previews of its links. */
const isPlain = (args: Arguments) => text(args, "unfurl_links") === "false" && text(args, "unfurl_media") === "false";

/** Throws where it is no metadata. */
export function readMetadata({ metadata }: Arguments): Json | undefined {
  if (metadata === undefined) return undefined;
  const { event_type, event_payload } = metadata as Json;
  if (typeof event_type !== "string" || !/^\w+$/.test(event_type)) throw new SlackRefusal("invalid_metadata_format");
  if (typeof event_payload !== "object" || event_payload === null) throw new SlackRefusal("invalid_metadata_format");
  return metadata as Json;
}

/** Text and blocks of a call. Throws what Slack says to too much or none of it. */
function readContent(args: Arguments): { text: string; blocks: readonly Json[] } {
  const markdown = args.markdown_text;
  if (markdown !== undefined && (args.text !== undefined || args.blocks !== undefined))
    throw new SlackRefusal("markdown_text_conflict");
  if (markdown !== undefined) {
    checkMarkdown(String(markdown));
    return { text: String(markdown), blocks: checkMessageBlocks([{ type: "markdown", text: markdown }]) };
  }
  const blocks = args.blocks === undefined ? [] : checkMessageBlocks(args.blocks);
  if (text(args, "text") === "" && blocks.length === 0) throw new SlackRefusal("no_text");
  return { text: cutPost(text(args, "text")), blocks };
}

function update(args: Arguments, context: CallContext): Json {
  const { world } = context;
  const { id: channel } = writableChannel(world, text(args, "channel"));
  const message = ownMessage(world, channel, text(args, "ts"), "cant_update_message");
  if (message.streamingSinceMs !== undefined) throw new SlackRefusal("streaming_state_conflict");
  if (args.text !== undefined) checkUpdateText(text(args, "text"));
  const before = messageJson(world, message, context.baseUrl);
  // What is not given stays.
  const isOfAttachments = args.attachments !== undefined && args.text === undefined && args.blocks === undefined;
  if (args.attachments !== undefined) Object.assign(message, { attachments: args.attachments, hasPreviews: false });
  if (!isOfAttachments) Object.assign(message, readContent(args));
  message.metadata = readMetadata(args) ?? message.metadata;
  message.isEdited = true;
  world.notePings(message, message.text, message.blocks);
  const after = messageJson(world, message, context.baseUrl);
  context.emit({ ...changed(message), message: after, previous_message: before, hidden: true });
  return { channel, ts: message.ts, text: message.text, message: after };
}

/** What becomes of a message, without what it was and is. */
export const changed = ({ channel, ts }: Message) => ({
  type: "message",
  subtype: "message_changed",
  channel,
  ts: `${ts}1`,
  event_ts: `${ts}1`,
});

function remove(args: Arguments, context: CallContext): Json {
  const { world } = context;
  const { id: channel } = writableChannel(world, text(args, "channel"));
  const message = ownMessage(world, channel, text(args, "ts"), "cant_delete_message");
  const before = messageJson(world, message, context.baseUrl);
  message.isDeleted = true;
  message.streamingSinceMs = undefined;
  context.emit({ ...changed(message), subtype: "message_deleted", deleted_ts: message.ts, previous_message: before });
  return { channel, ts: message.ts };
}

/** A message of the app's own. */
export function ownMessage(world: World, channel: string, ts: string, refusal: string): Message {
  const message = world.find(channel, ts);
  if (!message || message.ephemeralTo !== undefined) throw new SlackRefusal("message_not_found");
  if (message.user !== world.botUser) throw new SlackRefusal(refusal);
  return message;
}

/** Tells the app of its own message, as Slack does. */
export function announce({ world, baseUrl, emit }: CallContext, message: Message): void {
  const type = world.channels.get(message.channel)?.type ?? "channel";
  emit({
    ...messageJson(world, message, baseUrl),
    channel: message.channel,
    channel_type: type,
    event_ts: message.ts,
  });
}

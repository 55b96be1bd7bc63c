import { checkMessageBlocks, type Json } from "../world/blocks.ts";
import { checkMarkdown } from "../world/limits.ts";
import { messageJson } from "../world/message-json.ts";
import { type Message, shownText } from "../world/world.ts";
import { announce, changed, ownMessage, readMetadata } from "./chat-methods.ts";
import { type Arguments, type CallContext, checkThread, type Method, text, writableChannel } from "./method.ts";
import { invalidArguments, SlackRefusal } from "./slack-error.ts";

const SESSION_STATUSES = ["active", "processing", "suspended", "closed"];

/** `chat.startStream`, `appendStream` and `stopStream`. */
export const streamMethods: Readonly<Record<string, Method>> = {
  "chat.startStream": {
    required: ["channel"],
    optional: [
      "thread_ts",
      "markdown_text",
      "chunks",
      "recipient_user_id",
      "recipient_team_id",
      "task_display_mode",
      "icon_emoji",
      "icon_url",
      "username",
    ],
    scopes: ["chat:write"],
    run: start,
  },
  "chat.appendStream": {
    required: ["channel", "ts"],
    optional: ["markdown_text", "chunks"],
    scopes: ["chat:write"],
    run: append,
  },
  "chat.stopStream": {
    required: ["channel", "ts"],
    optional: ["markdown_text", "chunks", "blocks", "metadata", "session_status"],
    scopes: ["chat:write"],
    run: stop,
  },
};

function start(args: Arguments, { world }: CallContext): Json {
  const channel = writableChannel(world, text(args, "channel"));
  const threadTs = checkThread(world, channel.id, args.thread_ts);
  if (channel.type === "im" && threadTs === undefined) throw invalidArguments("missing required field: thread_ts");
  if (channel.type !== "im" && args.recipient_user_id === undefined)
    throw new SlackRefusal("missing_recipient_user_id");
  if (channel.type !== "im" && args.recipient_team_id === undefined)
    throw new SlackRefusal("missing_recipient_team_id");
  const recipient = world.users.get(text(args, "recipient_user_id"));
  if (channel.type !== "im" && recipient?.teamId !== args.recipient_team_id)
    throw invalidArguments("recipient_team_id must be the team of the recipient");
  const added = addedText(args);
  const message = world.add({ channel: channel.id, user: world.botUser, threadTs, text: "" });
  message.streamingSinceMs = world.clock.now();
  grow(world, message, added);
  world.statuses.delete(`${channel.id}:${threadTs}`);
  return { channel: channel.id, ts: message.ts };
}

function append(args: Arguments, { world }: CallContext): Json {
  const message = streamingMessage(args, world);
  const added = addedText(args);
  if (added === "") throw invalidArguments("markdown_text or chunks is required");
  grow(world, message, added);
  return { channel: message.channel, ts: message.ts };
}

function stop(args: Arguments, context: CallContext): Json {
  const { world } = context;
  const message = streamingMessage(args, world);
  if (args.session_status !== undefined && !SESSION_STATUSES.includes(text(args, "session_status")))
    throw invalidArguments("session_status must be active, processing, suspended or closed");
  const added = addedText(args);
  const blocks = args.blocks === undefined ? [] : checkMessageBlocks(args.blocks, shownText(message) + added);
  grow(world, message, added);
  message.streamingSinceMs = undefined;
  message.blocks = [...message.blocks, ...blocks];
  world.notePings(message, "", blocks);
  if (args.session_status !== undefined)
    world.sessions.set(`${message.channel}:${message.threadTs}`, text(args, "session_status"));
  message.metadata = readMetadata(args);
  announce(context, message);
  showPreviews(context, message);
  return { channel: message.channel, ts: message.ts };
}

/** A stream cannot be asked to go without them. */
function showPreviews({ world, baseUrl, emit }: CallContext, message: Message): void {
  const before = messageJson(world, message, baseUrl);
  message.hasPreviews = true;
  const after = messageJson(world, message, baseUrl);
  if (after.attachments !== undefined)
    emit({ ...changed(message), message: after, previous_message: before, hidden: true });
}

function streamingMessage(args: Arguments, world: CallContext["world"]): Message {
  const { id } = writableChannel(world, text(args, "channel"));
  const message = ownMessage(world, id, text(args, "ts"), "message_not_owned_by_app");
  if (message.streamingSinceMs === undefined) throw new SlackRefusal("message_not_in_streaming_state");
  return message;
}

function addedText(args: Arguments): string {
  if (args.markdown_text !== undefined && args.chunks !== undefined)
    throw invalidArguments("markdown_text and chunks exclude one another");
  if (args.markdown_text !== undefined) {
    checkMarkdown(text(args, "markdown_text"));
    return text(args, "markdown_text");
  }
  return chunkTexts(args.chunks ?? []).join("");
}

function chunkTexts(chunks: unknown): string[] {
  if (!Array.isArray(chunks)) throw new SlackRefusal("invalid_chunks");
  return (chunks as Json[]).map(({ type, text: chunk }) => {
    if (type !== "markdown_text" || typeof chunk !== "string") throw new SlackRefusal("invalid_chunks");
    checkMarkdown(chunk);
    return chunk;
  });
}

/** A stream is one Markdown text, and as long as one may be. */
function grow(world: CallContext["world"], message: Message, added: string): void {
  const whole = message.text + added;
  checkMarkdown(whole);
  message.text = whole;
  message.blocks = whole === "" ? [] : [{ type: "markdown", text: whole }];
  world.notePings(message, whole, []);
}

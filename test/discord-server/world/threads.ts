import { type APIMessage, ChannelType, GatewayIntentBits, MessageFlags, MessageType } from "discord-api-types/v10";
import { z } from "zod";
import { ApiError } from "../api-error.ts";
import { parseForm } from "../form.ts";
import { type Channel, channelJson, memberJson, type StoredMessage, storedMessage, type World } from "./world.ts";

const threadBody = z.object({
  name: z.string().min(1).max(100),
  auto_archive_duration: z.int().nullish(),
  type: z.int().optional(),
});

/** Opens a public thread, from a message if one is named: then the thread has the message's id. */
export function startThread(
  world: World,
  parent: Channel,
  ownerId: string,
  body: unknown,
  messageId?: string,
): Channel {
  const { name } = parseForm(threadBody, body);
  if (messageId && world.channels.has(messageId)) throw new ApiError(160004);
  const thread = world.addChannel({
    type: ChannelType.PublicThread,
    name,
    guildId: parent.guildId,
    parentId: parent.id,
    ownerId,
    threadMembers: new Map([[ownerId, world.now()]]),
    ...(messageId && { id: messageId }),
  });
  tellThread(world, thread, "THREAD_CREATE", { newly_created: true });
  const starter = parent.messages.get(messageId ?? "");
  if (starter) begin(world, thread, starter);
  return thread;
}

/** A thread opened from a message begins with a message of Discord's own that points at it. */
function begin(world: World, thread: Channel, starter: StoredMessage): void {
  starter.json = { ...starter.json, flags: (starter.json.flags ?? 0) | MessageFlags.HasThread };
  const { id, channel_id } = starter.json;
  const json = {
    ...starter.json,
    id: world.nextId(),
    channel_id: thread.id,
    author: world.users.get(thread.ownerId!)!,
    content: "",
    type: MessageType.ThreadStarterMessage,
    message_reference: { message_id: id, channel_id, guild_id: thread.guildId! },
    referenced_message: starter.json,
  } as APIMessage;
  thread.messages.set(json.id, storedMessage(json));
}

/** Puts a user into a thread. The bot is told when it is the bot itself. */
export function joinThread(world: World, thread: Channel, userId: string): void {
  if (thread.threadMembers.has(userId)) return;
  thread.threadMembers.set(userId, world.now());
  if (userId !== world.bot.id) return;
  const member = world.guilds.get(thread.guildId!)!.members.get(userId)!;
  const added = {
    ...threadMember(thread, userId),
    member: { ...memberJson(member), user: member.user },
    presence: null,
  };
  const d = {
    id: thread.id,
    guild_id: thread.guildId,
    member_count: thread.threadMembers.size,
    added_members: [added],
  };
  const intent = GatewayIntentBits.Guilds;
  world.dispatch({ t: "THREAD_MEMBERS_UPDATE", d, channel: thread, guildId: thread.guildId, intent });
}

export function archiveThread(world: World, thread: Channel, isArchived: boolean): void {
  thread.isArchived = isArchived;
  tellThread(world, thread, "THREAD_UPDATE");
}

/** A thread as the bot is told of it: with its own membership, if it is in it. */
export function threadJson(world: World, thread: Channel): object {
  const isIn = thread.threadMembers.has(world.bot.id);
  return { ...channelJson(thread), ...(isIn && { member: threadMember(thread, world.bot.id) }) };
}

/** A membership of a thread. */
export function threadMember(thread: Channel, userId: string): object {
  return {
    id: thread.id,
    user_id: userId,
    join_timestamp: new Date(thread.threadMembers.get(userId)!).toISOString(),
    flags: 0,
  };
}

function tellThread(world: World, thread: Channel, t: string, more: object = {}): void {
  const d = { ...threadJson(world, thread), ...more };
  world.dispatch({ t, d, channel: thread, guildId: thread.guildId, intent: GatewayIntentBits.Guilds });
}

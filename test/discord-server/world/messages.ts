import {
  type APIEmbed,
  type APIMessage,
  type APIUser,
  ChannelType,
  GatewayIntentBits,
  MessageFlags,
  MessageReferenceType,
  MessageType,
} from "discord-api-types/v10";
import { ApiError, formError } from "../api-error.ts";
import { findPings, linkIn, mentionedRoles, mentionedUsers, type Pings } from "./mentions.ts";
import { isV2, type MessageBody } from "./message-body.ts";
import { may } from "./permissions.ts";
import { joinThread } from "./threads.ts";
import { type Channel, memberJson, type StoredMessage, storedMessage, type World } from "./world.ts";

/** A file that comes with a message. */
export interface Upload {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A message to be made: its place, sender and what the sender gave. */
export interface NewMessage {
  readonly channel: Channel;
  readonly author: APIUser;
  readonly body: MessageBody;
  readonly files?: readonly Upload[];
  readonly ephemeralFor?: string | undefined;
  /** Fields that only the server sets. */
  readonly fields?: Partial<APIMessage>;
}

/** Makes a message, pings whom it may, and tells the gateway. A nonce that is enforced makes it once only. */
export function createMessage(world: World, message: NewMessage): StoredMessage {
  const { channel, author, body } = message;
  const twin = body.enforce_nonce ? findByNonce(world, message) : undefined;
  if (twin) return twin;
  const repliedTo = findReference(channel, body);
  const pings = findPings({
    content: body.content ?? "",
    allowed: body.allowed_mentions ?? undefined,
    repliedUser: repliedTo?.json.author.id,
    canMentionEveryone: may(world, channel, author.id, "MentionEveryone"),
  });
  const stored = storedMessage(messageJson(world, message, repliedTo, pings), pings, message.ephemeralFor);
  if (isEmpty(stored.json)) throw new ApiError(50006);
  channel.messages.set(stored.json.id, stored);
  channel.typing.delete(author.id);
  if (channel.type === ChannelType.PublicThread) joinWhoIsThere(world, channel, stored.json);
  if (!message.ephemeralFor) tell(world, channel, "MESSAGE_CREATE", stored);
  showPreview(world, channel, stored);
  return stored;
}

/** Changes what is given of a message and leaves the rest. Editing pings nobody. */
export function editMessage(
  world: World,
  channel: Channel,
  stored: StoredMessage,
  body: MessageBody,
  files: readonly Upload[] = [],
): void {
  const { json } = stored;
  if (channel.isArchived) throw new ApiError(50083);
  if (isV2(json.flags) && (body.content || body.embeds?.length)) {
    const message = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2";
    throw formError(["content"], "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message);
  }
  // Of a message's flags its sender changes those for previews; components version 2 cannot be taken back.
  const { flags: had = 0 } = json;
  const given = (body.flags ?? had) & (MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2);
  const flags = given | (had & ~MessageFlags.SuppressEmbeds);
  const edited = {
    ...json,
    ...(body.content !== undefined && named(world, body.content ?? "")),
    ...(body.embeds && { embeds: body.embeds as APIMessage["embeds"] }),
    ...(flags & MessageFlags.SuppressEmbeds && { embeds: [] }),
    ...(body.components && { components: body.components as NonNullable<APIMessage["components"]> }),
    attachments: [...keptAttachments(json, body), ...upload(world, files)],
    flags: flags & ~MessageFlags.Loading,
    edited_timestamp: new Date(world.now()).toISOString(),
  };
  if (isEmpty(edited)) throw new ApiError(50006);
  stored.json = edited;
  stored.revisions.push(edited.content);
  if (!stored.ephemeralFor) tell(world, channel, "MESSAGE_UPDATE", stored);
  showPreview(world, channel, stored);
}

/** Discord adds the preview of a link a little later, by an update that is no edit. */
function showPreview(world: World, channel: Channel, stored: StoredMessage): void {
  const { content, flags = 0, embeds } = stored.json;
  const url = linkIn(content);
  if (url === undefined || embeds.length > 0 || flags & MessageFlags.SuppressEmbeds) return;
  stored.json = { ...stored.json, embeds: [{ type: "link", url, title: `What is at ${url}` } as APIEmbed] };
  if (!stored.ephemeralFor) tell(world, channel, "MESSAGE_UPDATE", stored);
}

/** Another message with what one says, as people pass it on. Of a forward, what that one passes on. */
export function forwardMessage(
  world: World,
  { json }: StoredMessage,
  channel: Channel,
  author: APIUser,
): StoredMessage {
  const { content, embeds, attachments, timestamp, edited_timestamp, type, mentions, mention_roles, flags } = json;
  const { sticker_items, components } = json;
  const passed = { content, embeds, attachments, timestamp, edited_timestamp, type, mentions, mention_roles, flags };
  const more = { ...(sticker_items && { sticker_items }), ...(components && { components }) };
  const fields = {
    message_reference: { type: MessageReferenceType.Forward, message_id: json.id, channel_id: json.channel_id },
    message_snapshots: json.message_snapshots ?? [{ message: { ...passed, ...more } }],
  };
  return createMessage(world, { channel, author, body: {}, fields: fields as Partial<APIMessage> });
}

/** Deletes several at once, as moderators do. */
export function deleteMessages(world: World, channel: Channel, all: readonly StoredMessage[]): void {
  const ids = all.map(({ json }) => json.id);
  for (const id of ids) channel.messages.delete(id);
  const d = { ids, channel_id: channel.id, ...(channel.guildId && { guild_id: channel.guildId }) };
  world.dispatch({ t: "MESSAGE_DELETE_BULK", d, channel, guildId: channel.guildId, intent: messageIntent(channel) });
}

export function deleteMessage(world: World, channel: Channel, stored: StoredMessage): void {
  channel.messages.delete(stored.json.id);
  if (stored.ephemeralFor) return;
  const d = { id: stored.json.id, channel_id: channel.id, ...(channel.guildId && { guild_id: channel.guildId }) };
  world.dispatch({ t: "MESSAGE_DELETE", d, channel, guildId: channel.guildId, intent: messageIntent(channel) });
}

/** The message of that id. @throws ApiError 10008 */
export function findMessage(channel: Channel, id: string): StoredMessage {
  const stored = channel.messages.get(id);
  if (!stored) throw new ApiError(10008);
  return stored;
}

/** The intent that messages of a channel belong to. */
function messageIntent({ type }: Channel): number {
  return type === ChannelType.DM ? GatewayIntentBits.DirectMessages : GatewayIntentBits.GuildMessages;
}

function messageJson(
  world: World,
  message: NewMessage,
  repliedTo: StoredMessage | undefined,
  pings: Pings,
): APIMessage {
  const { channel, author, body, ephemeralFor } = message;
  const content = body.content ?? "";
  return {
    id: world.nextId(),
    channel_id: channel.id,
    author,
    content,
    timestamp: new Date(world.now()).toISOString(),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    // A reply names its author as well, if it pings them.
    mentions: [...new Set([...mentionedUsers(content), ...pings.users])].flatMap((id) => world.users.get(id) ?? []),
    mention_roles: [...mentionedRoles(content)],
    attachments: upload(world, message.files ?? []),
    embeds: (body.embeds ?? []) as APIMessage["embeds"],
    components: (body.components ?? []) as NonNullable<APIMessage["components"]>,
    pinned: false,
    type: MessageType.Default,
    flags: ((body.flags ?? 0) & ~MessageFlags.Ephemeral) | (ephemeralFor ? MessageFlags.Ephemeral : 0),
    ...(body.nonce !== undefined && { nonce: body.nonce }),
    ...(repliedTo && reply(channel, repliedTo)),
    ...message.fields,
  };
}

/** A changed text, and whom it names now. */
function named(world: World, content: string) {
  const mentions = mentionedUsers(content).flatMap((id) => world.users.get(id) ?? []);
  return { content, mentions, mention_roles: [...mentionedRoles(content)] };
}

function reply(channel: Channel, repliedTo: StoredMessage) {
  const message_reference = { type: 0, message_id: repliedTo.json.id, channel_id: channel.id };
  return { type: MessageType.Reply as const, message_reference, referenced_message: repliedTo.json };
}

function findReference(channel: Channel, { message_reference }: MessageBody): StoredMessage | undefined {
  if (!message_reference?.message_id) return undefined;
  const found = channel.messages.get(message_reference.message_id);
  if (!found && message_reference.fail_if_not_exists !== false)
    throw formError(["message_reference"], "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
  return found;
}

function findByNonce(world: World, { channel, author, body }: NewMessage): StoredMessage | undefined {
  const oldestMs = world.now() - world.limits.nonceMs;
  return [...channel.messages.values()].find(({ json }) => {
    return json.author.id === author.id && json.nonce === body.nonce && Date.parse(json.timestamp) > oldestMs;
  });
}

/** Whoever writes in a thread, or is mentioned there, is in it. */
function joinWhoIsThere(world: World, thread: Channel, { author, mentions }: APIMessage): void {
  for (const { id } of [author, ...mentions]) joinThread(world, thread, id);
}

function keptAttachments(json: APIMessage, body: MessageBody): APIMessage["attachments"] {
  if (!body.attachments) return json.attachments;
  return json.attachments.filter(({ id }) => body.attachments!.some((kept) => String(kept.id) === id));
}

function upload(world: World, files: readonly Upload[]): APIMessage["attachments"] {
  const tooLarge = files.some(({ bytes }) => bytes.byteLength > world.limits.attachmentBytes);
  if (tooLarge) throw formError(["files"], "BASE_TYPE_MAX_LENGTH", "Request entity too large");
  return files.map(({ name, bytes, contentType }) => world.addFile(name, bytes, contentType));
}

function isEmpty(message: APIMessage): boolean {
  const { content, embeds, attachments, components, flags } = message;
  if (message.message_snapshots || message.poll || message.sticker_items) return false;
  if (((flags ?? 0) & MessageFlags.Loading) !== 0) return false;
  const hasWords = content.trim() !== "" || (isV2(flags) && (components?.length ?? 0) > 0);
  return !hasWords && embeds.length === 0 && attachments.length === 0;
}

function tell(world: World, channel: Channel, t: string, { json }: StoredMessage): void {
  const member = channel.guildId && world.guilds.get(channel.guildId)?.members.get(json.author.id);
  const guildFields = { guild_id: channel.guildId, ...(member && { member: memberJson(member) }) };
  const d = { ...json, ...(channel.guildId ? guildFields : { channel_type: ChannelType.DM }) };
  world.dispatch({ t, d, channel, guildId: channel.guildId, intent: messageIntent(channel) });
}

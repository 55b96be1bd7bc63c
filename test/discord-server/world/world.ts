import {
  type APIAttachment,
  type APIChannel,
  type APIMessage,
  type APIOverwrite,
  type APIRole,
  type APIUser,
  ChannelType,
  PermissionFlagsBits,
} from "discord-api-types/v10";
import type { Clock } from "../../clock.ts";
import type { DiscordLimits } from "../limits.ts";
import { NOBODY, type Pings } from "./mentions.ts";
import { createSnowflakes } from "./snowflakes.ts";

/** What people may do in a guild unless a role or channel says otherwise. */
const EVERYONE_MAY =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.CreatePublicThreads |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.UseApplicationCommands;

/** A member of a guild. */
export interface Member {
  readonly user: APIUser;
  readonly roles: string[];
  readonly joinedAt: string;
}

export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly roles: Map<string, APIRole>;
  readonly members: Map<string, Member>;
}

/** A message as the server keeps it. */
export interface StoredMessage {
  json: APIMessage;
  pings: Pings;
  /** Only this user sees it. */
  readonly ephemeralFor: string | undefined;
  /** Every text it had, the present one last. */
  readonly revisions: string[];
}

export interface Channel {
  readonly id: string;
  readonly type: ChannelType.GuildText | ChannelType.DM | ChannelType.PublicThread;
  readonly name: string;
  readonly guildId: string | undefined;
  /** Of a thread: the channel it is in. */
  readonly parentId: string | undefined;
  readonly ownerId: string | undefined;
  /** Of a direct message: the person. */
  readonly recipient: APIUser | undefined;
  readonly overwrites: Map<string, { allow: bigint; deny: bigint }>;
  readonly messages: Map<string, StoredMessage>;
  /** When each member of a thread joined it, in milliseconds. */
  readonly threadMembers: Map<string, number>;
  /** Until when each user is shown as typing, in milliseconds. */
  readonly typing: Map<string, number>;
  isArchived: boolean;
  /** Archived by a moderator, for moderators alone to open. */
  isLocked: boolean;
}

/** Something that happened, on its way to the gateway's sessions. */
export interface GatewayEvent {
  readonly t: string;
  readonly d: object;
  readonly guildId?: string | undefined;
  /** Sessions get it only where the bot can see this channel. */
  readonly channel?: Channel;
  /** The intent it belongs to; none for those that need none. */
  readonly intent?: number;
}

/** All that exists on the server, and nothing of how clients reach it. */
export class World {
  readonly clock: Clock;
  readonly nextId: () => string;
  readonly limits: DiscordLimits;
  readonly bot: APIUser;
  readonly users = new Map<string, APIUser>();
  readonly guilds = new Map<string, Guild>();
  readonly channels = new Map<string, Channel>();
  readonly files = new Map<string, Uint8Array>();
  /** Where attachments are fetched from. */
  cdnUrl = "";
  readonly #listeners: ((event: GatewayEvent) => void)[] = [];

  constructor(clock: Clock, limits: DiscordLimits) {
    this.clock = clock;
    this.nextId = createSnowflakes(this.now);
    this.limits = limits;
    this.bot = this.addUser("cria", true);
  }

  /** Milliseconds since 1970, by the server's clock. */
  readonly now = (): number => this.clock.now();

  onEvent(listener: (event: GatewayEvent) => void): void {
    this.#listeners.push(listener);
  }

  dispatch(event: GatewayEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  addUser(name: string, isBot = false): APIUser {
    const user = { id: this.nextId(), username: name, discriminator: "0", global_name: name, avatar: null, bot: isBot };
    this.users.set(user.id, user);
    return user;
  }

  addGuild(name: string, owner: APIUser): Guild {
    const id = this.nextId();
    const everyone = role(id, "@everyone", EVERYONE_MAY);
    const guild: Guild = { id, name, ownerId: owner.id, roles: new Map([[id, everyone]]), members: new Map() };
    this.guilds.set(id, guild);
    this.join(guild, owner);
    return guild;
  }

  addRole(guild: Guild, name: string, permissions = 0n): APIRole {
    const added = role(this.nextId(), name, permissions);
    guild.roles.set(added.id, added);
    return added;
  }

  join(guild: Guild, user: APIUser): void {
    guild.members.set(user.id, { user, roles: [], joinedAt: new Date(this.now()).toISOString() });
  }

  addChannel(fields: Pick<Channel, "type" | "name"> & Partial<Channel>): Channel {
    const channel: Channel = {
      id: this.nextId(),
      guildId: undefined,
      parentId: undefined,
      ownerId: undefined,
      recipient: undefined,
      overwrites: new Map(),
      messages: new Map(),
      threadMembers: new Map(),
      typing: new Map(),
      isArchived: false,
      isLocked: false,
      ...fields,
    };
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** The direct-message channel of the bot and a user, made on first use. */
  directChannel(user: APIUser): Channel {
    const existing = [...this.channels.values()].find(({ recipient }) => recipient?.id === user.id);
    return existing ?? this.addChannel({ type: ChannelType.DM, name: user.username, recipient: user });
  }

  /** Keeps a file and says how a message names it. */
  addFile(name: string, bytes: Uint8Array, contentType: string): APIAttachment {
    const id = this.nextId();
    this.files.set(`${id}/${name}`, bytes);
    const url = `${this.cdnUrl}/attachments/${id}/${encodeURIComponent(name)}`;
    return { id, filename: name, size: bytes.byteLength, url, proxy_url: url, content_type: contentType };
  }
}

/** A message nobody was told of yet. */
export function storedMessage(json: APIMessage, pings: Pings = NOBODY, ephemeralFor?: string): StoredMessage {
  return { json, pings, ephemeralFor, revisions: [json.content] };
}

/** A channel as the API shows it. */
export function channelJson(channel: Channel): APIChannel {
  const { id, type, name, guildId, parentId, ownerId, recipient, overwrites, messages, isArchived } = channel;
  const last_message_id = [...messages.keys()].at(-1) ?? null;
  if (type === ChannelType.DM) return { id, type, recipients: [recipient!], last_message_id } as unknown as APIChannel;
  const metadata = { archived: isArchived, auto_archive_duration: 1440, archive_timestamp: new Date(0).toISOString() };
  const thread = { owner_id: ownerId, message_count: messages.size, member_count: channel.threadMembers.size };
  const permission_overwrites: APIOverwrite[] = [...overwrites].map(([target, { allow, deny }]) => ({
    id: target,
    type: target === guildId ? 0 : 1,
    allow: String(allow),
    deny: String(deny),
  }));
  const json = { id, type, name, guild_id: guildId, parent_id: parentId ?? null, position: 0, last_message_id };
  const isThread = type === ChannelType.PublicThread;
  return (
    isThread
      ? { ...json, ...thread, thread_metadata: { ...metadata, locked: false } }
      : { ...json, permission_overwrites }
  ) as APIChannel;
}

/** A member as events show it; without the user where the event has it beside. */
export function memberJson({ roles, joinedAt }: Member): object {
  return { roles, joined_at: joinedAt, nick: null, avatar: null, deaf: false, mute: false, flags: 0, pending: false };
}

function role(id: string, name: string, permissions: bigint): APIRole {
  const colors = { primary_color: 0, secondary_color: null, tertiary_color: null };
  const looks = { color: 0, colors, hoist: false, position: 0, managed: false, mentionable: false, flags: 0 };
  return { id, name, permissions: String(permissions), ...looks };
}

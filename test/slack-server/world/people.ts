import type { Deliveries, SentEvent } from "../events/deliveries.ts";
import type { Json } from "./blocks.ts";
import { messageJson } from "./message-json.ts";
import type { Channel, Message, SlackFile, World } from "./world.ts";

export interface SayOptions {
  readonly threadTs?: string;
  readonly files?: readonly SlackFile[];
  readonly blocks?: readonly Json[];
  readonly attachments?: readonly Json[];
}

/** What people do in channels, and what administrators do to them. */
export class People {
  readonly #world: World;
  readonly #deliveries: Deliveries;
  readonly #baseUrl: () => string;

  constructor(world: World, deliveries: Deliveries, baseUrl: () => string) {
    this.#world = world;
    this.#deliveries = deliveries;
    this.#baseUrl = baseUrl;
  }

  /** Someone new; returns the user's id. */
  addUser(name: string, { isAdmin = false, teamId = this.#world.team.id } = {}): string {
    const id = this.#world.id("U");
    this.#world.users.set(id, { id, name, isAdmin, teamId });
    return id;
  }

  /** A channel with these people and the app in it; returns its id. */
  addChannel(name: string, members: readonly string[], { isPrivate = false, withBot = true } = {}): string {
    const type = isPrivate ? "group" : "channel";
    return this.#addChannel("C", name, type, [...members, ...(withBot ? [this.#world.botUser] : [])]);
  }

  /** A group direct message of these people and the app; returns its id. */
  addGroupDm(members: readonly string[]): string {
    return this.#addChannel("C", "mpdm-1", "mpim", [...members, this.#world.botUser]);
  }

  /** A user group of the workspace; returns its id. */
  addUserGroup(handle: string, users: readonly string[]): string {
    const id = this.#world.id("S");
    this.#world.userGroups?.push({ id, handle, users: new Set(users) });
    return id;
  }

  /** The direct messages of someone with the app; returns the channel's id. */
  dmChannel(user: string): string {
    const known = [...this.#world.channels.values()].find(({ type, members }) => type === "im" && members.has(user));
    return known?.id ?? this.#addChannel("D", "", "im", [user, this.#world.botUser]);
  }

  addFile(name: string, content: string | Buffer, mimetype = "text/plain"): SlackFile {
    const bytes = Buffer.from(content);
    const filetype = name.split(".").at(-1) ?? "";
    const file = { id: this.#world.id("F"), name, mimetype, filetype, size: bytes.length, content: bytes };
    this.#world.files.set(file.id, file);
    return file;
  }

  /** Writes something. A mention of the app comes to it as two events, `app_mention` and `message`. */
  say(channel: string, user: string, text: string, options: SayOptions = {}): Message {
    const { threadTs, files = [] } = options;
    const message = this.#world.add({ channel, user, text, ...options, threadTs });
    const { type, members } = this.#world.channels.get(channel)!;
    const isMention = text.includes(`<@${this.#world.botUser}>`);
    if (isMention && type !== "im" && members.has(this.#world.botUser))
      this.#announce(message, { type: "app_mention" });
    this.#announce(message, { type: "message", ...(files.length > 0 && { subtype: "file_share" }) });
    return message;
  }

  /** Another app of the workspace writes something. */
  alert(channel: string, text: string, options: SayOptions = {}): Message {
    const otherBotId = "B0ALERTS";
    const message = this.#world.add({ channel, user: "", text, otherBotId, ...options, threadTs: options.threadTs });
    this.#announce(message, { type: "message" });
    return message;
  }

  mention(channel: string, user: string, text: string, options: SayOptions = {}): Message {
    return this.say(channel, user, `<@${this.#world.botUser}> ${text}`, options);
  }

  dm(user: string, text: string, options: SayOptions = {}): Message {
    return this.say(this.dmChannel(user), user, text, options);
  }

  edit(message: Message, text: string): void {
    const before = messageJson(this.#world, message, this.#baseUrl());
    message.text = text;
    message.isEdited = true;
    const after = messageJson(this.#world, message, this.#baseUrl());
    this.#change(message, { subtype: "message_changed", message: after, previous_message: before });
  }

  /** Deletes a message; a thread whose root it was stays, without it. */
  remove(message: Message): void {
    const before = messageJson(this.#world, message, this.#baseUrl());
    message.isDeleted = true;
    this.#change(message, { subtype: "message_deleted", deleted_ts: message.ts, previous_message: before });
  }

  /** Opens the app: its Home tab, or its messages. */
  openApp(user: string, tab: "home" | "messages"): void {
    const channel = this.dmChannel(user);
    this.#deliveries.emit({ type: "app_home_opened", user, channel, tab, event_ts: this.#world.ts() });
  }

  /** Presses Slack's own stop button of a thread: open streams end, and the app is told. */
  stopSession(channel: string, threadTs: string, user: string): void {
    const streams = this.#world.messages.filter((message) => {
      return message.channel === channel && message.threadTs === threadTs && message.streamingSinceMs !== undefined;
    });
    for (const stream of streams) stream.streamingSinceMs = undefined;
    this.#deliveries.emit({
      type: "agent_session_stopped",
      channel,
      thread_ts: threadTs,
      user,
      streaming_message_ts: streams.map(({ ts }) => ts),
      event_ts: this.#world.ts(),
    });
  }

  /** Takes the app out of a channel. */
  kick(channel: string): void {
    const { members, type } = this.#world.channels.get(channel)!;
    members.delete(this.#world.botUser);
    const left = type === "group" ? "group_left" : "channel_left";
    this.#deliveries.emit({ type: left, channel, actor_id: "U0ADMIN", event_ts: this.#world.ts() });
  }

  deleteChannel(channel: string): void {
    this.#world.channels.get(channel)!.isDeleted = true;
    this.#deliveries.emit({ type: "channel_deleted", channel, event_ts: this.#world.ts() });
  }

  archive(channel: string): void {
    this.#world.channels.get(channel)!.isArchived = true;
    this.#deliveries.emit({ type: "channel_archive", channel, user: "U0ADMIN", event_ts: this.#world.ts() });
  }

  #addChannel(prefix: string, name: string, type: Channel["type"], members: readonly string[]): string {
    const id = this.#world.id(prefix);
    const channel = { id, name, type, members: new Set(members), isArchived: false, isDeleted: false };
    this.#world.channels.set(id, channel);
    return id;
  }

  #announce(message: Message, kind: Json): SentEvent | undefined {
    const { type, members } = this.#world.channels.get(message.channel)!;
    if (!members.has(this.#world.botUser)) return undefined;
    const fields = { ...messageJson(this.#world, message, this.#baseUrl()), channel: message.channel };
    const channelType = kind.type === "message" && { channel_type: type };
    return this.#deliveries.emit({ ...fields, ...kind, ...channelType, event_ts: message.ts });
  }

  #change({ channel }: Message, change: Json): void {
    const { type, members } = this.#world.channels.get(channel)!;
    if (!members.has(this.#world.botUser)) return;
    const ts = this.#world.ts();
    this.#deliveries.emit({ type: "message", channel, channel_type: type, ts, event_ts: ts, hidden: true, ...change });
  }
}

import type { Clock } from "../../clock.ts";
import type { Json } from "./blocks.ts";
import { pingsOf } from "./pings.ts";
import { wordsOf } from "./translated-blocks.ts";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly isAdmin: boolean;
  /** Another workspace's, for people of a channel that is shared with it. */
  readonly teamId: string;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly type: "channel" | "group" | "im" | "mpim";
  /** User ids; the bot's among them once it was invited. */
  readonly members: Set<string>;
  isArchived: boolean;
  isDeleted: boolean;
}

/** People who can be mentioned together. */
export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly users: Set<string>;
}

export interface SlackFile {
  readonly id: string;
  readonly name: string;
  readonly mimetype: string;
  readonly filetype: string;
  readonly size: number;
  readonly content: Buffer;
}

export interface Message {
  readonly ts: string;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly user: string;
  text: string;
  blocks: readonly Json[];
  /** What was shared, what another app attached, and the previews of links. */
  attachments: readonly Json[];
  /** What the app named it by. */
  metadata: Json | undefined;
  /** Of another app that wrote it; `user` is "" then. */
  readonly otherBotId: string | undefined;
  readonly files: readonly SlackFile[];
  /** Who alone sees it. */
  readonly ephemeralTo: string | undefined;
  /** A message that is being streamed, since when; undefined once it was stopped. */
  streamingSinceMs: number | undefined;
  /** A stream that Slack ended by itself. */
  hasExpired: boolean;
  /** Whether links in it are shown with previews. */
  hasPreviews: boolean;
  isEdited: boolean;
  isDeleted: boolean;
}

/** What was shown in place of a reply, as "is thinking…". */
export interface ThreadStatus {
  readonly text: string;
  readonly setAtMs: number;
}

/** A modal or a Home tab that someone sees. */
export interface View {
  readonly id: string;
  readonly user: string;
  readonly content: Json;
  readonly hash: string;
}

/** Of a stream, from its start. */
export const STREAM_LIFETIME_MS = 5 * 60_000;
/** Of a status that nothing clears. */
const STATUS_LIFETIME_MS = 2 * 60_000;

/** One workspace with one app installed: everything people and the app can see. */
export class World {
  readonly clock: Clock;
  readonly team = { id: "T0CRIA", name: "Test", domain: "test" };
  readonly appId = "A0CRIA";
  readonly botId = "B0CRIA";
  readonly botUser = "U0CRIA";
  readonly users = new Map<string, User>();
  readonly channels = new Map<string, Channel>();
  /** Undefined on plans without user groups. */
  userGroups: UserGroup[] | undefined = [];
  readonly messages: Message[] = [];
  readonly files = new Map<string, SlackFile>();
  /** Files whose upload was announced and that are not yet shared, by id. */
  readonly uploads = new Map<string, { readonly name: string; readonly length: number }>();
  readonly statuses = new Map<string, ThreadStatus>();
  /** Agent sessions by channel and thread. */
  readonly sessions = new Map<string, string>();
  readonly views = new Map<string, View>();
  /** Home tabs by user. */
  readonly homes = new Map<string, View>();
  readonly suggestedPrompts = new Map<string, readonly Json[]>();
  /** What the app's messages notified people of. */
  readonly pings: { readonly channel: string; readonly ts: string; readonly target: string }[] = [];
  /** What Slack would not have shown, or would have shown as a failure of the app. */
  readonly violations: string[] = [];
  #lastTs = 0;
  #numIds = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.users.set(this.botUser, { id: this.botUser, name: "cria", isAdmin: false, teamId: this.team.id });
  }

  id(prefix: string): string {
    return `${prefix}${String(++this.#numIds).padStart(6, "0")}`;
  }

  /** A timestamp that no other message has. */
  ts(): string {
    this.#lastTs = Math.max(this.#lastTs + 1, Math.floor(this.clock.now() * 1_000));
    return `${Math.floor(this.#lastTs / 1e6)}.${String(this.#lastTs % 1e6).padStart(6, "0")}`;
  }

  add(fields: Pick<Message, "channel" | "user" | "text"> & Partial<Message>): Message {
    const message: Message = {
      ts: this.ts(),
      threadTs: undefined,
      blocks: [],
      attachments: [],
      metadata: undefined,
      otherBotId: undefined,
      files: [],
      ephemeralTo: undefined,
      streamingSinceMs: undefined,
      hasExpired: false,
      hasPreviews: false,
      isEdited: false,
      isDeleted: false,
      ...fields,
    };
    this.messages.push(message);
    this.notePings(message, message.text, message.blocks);
    return message;
  }

  find(channel: string, ts: string): Message | undefined {
    return this.messages.find((message) => message.channel === channel && message.ts === ts && !message.isDeleted);
  }

  /** Ends the streams that are too old. */
  expireStreams(): void {
    for (const message of this.messages) {
      const since = message.streamingSinceMs;
      if (since === undefined || this.clock.now() - since < STREAM_LIFETIME_MS) continue;
      message.streamingSinceMs = undefined;
      message.hasExpired = true;
    }
  }

  /** The status of a thread, unless it was cleared or is too old. */
  status(channel: string, threadTs: string): string {
    const status = this.statuses.get(`${channel}:${threadTs}`);
    return status && this.clock.now() - status.setAtMs < STATUS_LIFETIME_MS ? status.text : "";
  }

  /** Records whom words of the app notify. */
  notePings(message: Message, text: string, blocks: readonly Json[]): void {
    if (message.user !== this.botUser) return;
    const words = [text, JSON.stringify(blocks)].join("\n");
    for (const target of pingsOf(words)) this.pings.push({ channel: message.channel, ts: message.ts, target });
  }
}

/** A message as a person reads it: the text of its Markdown, else its text. */
export function shownText({ text, blocks }: Pick<Message, "text" | "blocks">): string {
  const written = blocks.filter(({ type }) => type === "markdown" || type === "rich_text");
  if (written.length === 0) return text;
  return written.map((block) => (block.type === "markdown" ? String(block.text) : wordsOf(block))).join("\n\n");
}

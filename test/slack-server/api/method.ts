import type { Json } from "../world/blocks.ts";
import type { Channel, World } from "../world/world.ts";
import { SlackRefusal } from "./slack-error.ts";

/** The arguments of a call, those that are JSON parsed. */
export type Arguments = Readonly<Record<string, unknown>>;

/** What a method is given besides its arguments. */
export interface CallContext {
  readonly world: World;
  /** Of the token that is used. */
  readonly scopes: readonly string[];
  /** Base URL of the server, as http://127.0.0.1:1234. */
  readonly baseUrl: string;
  /** Sends an event to the app. */
  emit(event: Json): void;
  /** Takes a trigger id, once and within three seconds. */
  redeemTrigger(triggerId: string): void;
}

/** A Web API method. */
export interface Method {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Scopes that the token must hold, by channel type or arguments where those matter. */
  readonly scopes?:
    | readonly string[]
    | Readonly<Record<Channel["type"], string>>
    | ((args: Arguments) => readonly string[]);
  readonly token?: "app";
  run(args: Arguments, context: CallContext): Json | Promise<Json>;
}

export function text(args: Arguments, name: string): string {
  return args[name] === undefined ? "" : String(args[name]);
}

/** The channel of a call. Throws what Slack answers where the app cannot see it. */
export function visibleChannel(world: World, id: string): Channel {
  const channel = world.channels.get(id);
  if (!channel || channel.isDeleted) throw new SlackRefusal("channel_not_found");
  if (channel.type !== "channel" && !channel.members.has(world.botUser)) throw new SlackRefusal("channel_not_found");
  return channel;
}

/** The channel of a call that writes. */
export function writableChannel(world: World, id: string): Channel {
  const channel = visibleChannel(world, id);
  if (channel.isArchived) throw new SlackRefusal("is_archived");
  if (!channel.members.has(world.botUser)) throw new SlackRefusal("not_in_channel");
  return channel;
}

/** The root of a thread to write into. Throws when it is gone. */
export function checkThread(world: World, channel: string, threadTs: unknown): string | undefined {
  if (threadTs === undefined) return undefined;
  const isThere = world.messages.some(({ channel: id, ts, threadTs: root, isDeleted }) => {
    return id === channel && !isDeleted && (ts === threadTs || root === threadTs);
  });
  if (!isThere) throw new SlackRefusal("thread_not_found");
  return String(threadTs);
}

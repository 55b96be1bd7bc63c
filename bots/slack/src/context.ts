import type { BotCore, ConversationSettings, Place, PlaceNames, StartReply } from "@cria/bot-core";
import type { Model } from "@cria/proto";
import type { Logger } from "pino";
import { writerOf } from "./incoming/message-event.ts";
import type { Channels } from "./lookup/channels.ts";
import type { Names } from "./lookup/names.ts";
import type { OpenChannels } from "./lookup/open-channels.ts";
import type { People } from "./lookup/people.ts";
import type { Threads } from "./lookup/threads.ts";
import type { MessageWriter } from "./reply/slack-message.ts";
import { SlackReply, type SlackReplyOptions } from "./reply/slack-reply.ts";
import type { FileAccess } from "./text/files.ts";

/** What the handlers of events share. */
export interface SlackContext {
  readonly core: BotCore;
  /** What the model picker offers. */
  readonly listModels: () => Promise<readonly Model[]>;
  /** The settings that hold at a place. */
  readonly settings: (place: Place) => Promise<ConversationSettings>;
  /** How messages are written; `client` is the writer's. */
  readonly writer: MessageWriter;
  readonly client: MessageWriter["client"];
  readonly workspaceId: string;
  readonly botUserId: string;
  readonly workspaceName: string;
  readonly people: People;
  readonly channels: Channels;
  readonly names: Names;
  readonly openChannels: OpenChannels;
  readonly threads: Threads;
  readonly fileAccess: FileAccess;
  readonly followsThreads: boolean;
  /** Whether all messages of channels arrive, mentions among them. */
  readonly readsMessages: boolean;
  /** Replies that this process writes. */
  readonly running: Set<OpenReply>;
  readonly logger: Logger;
}

/** A reply that is being written, and where. */
export interface OpenReply {
  readonly place: ThreadPlace;
  readonly replyId: string;
  readonly reply: SlackReply;
}

/** What was there before a reply. */
export type Begun = Pick<SlackReplyOptions, "handle" | "replaces" | "questionTs">;

/** A place with a thread, where replies can be written. */
export type ThreadPlace = Place & { readonly threadId: string };

/** Whom a reply is for. */
export interface Asker {
  readonly userId: string;
  /** Their workspace, where Slack says it: another one than the app's where a channel is shared. */
  readonly teamId?: string | undefined;
  /** The message that is answered, or whose button was pressed. */
  readonly ts: string;
}

/** Begins replies in a thread, for the person who asked. */
export function replyStarter(context: SlackContext, place: ThreadPlace, asker: Asker, begun: Begun = {}): StartReply {
  const { channelId, threadId, workspaceId, isDirect } = place;
  const { userId, teamId = workspaceId, ts: askedTs } = asker;
  const target = { channel: channelId, threadTs: threadId, isDirect, userId, teamId, askedTs };
  return async (replyId, facts) => {
    const { writer, logger, threads } = context;
    const onDeleted = () => void context.core.handleDeletion({ place, ids: [replyId] });
    const reply = new SlackReply({ writer, target, replyId, facts, logger, ...begun, onDeleted });
    const entry = { place, replyId, reply };
    context.running.add(entry);
    void reply.ended.then(() => context.running.delete(entry));
    threads.join(channelId, threadId, askedTs);
    reply.begin();
    return reply;
  };
}

/** What people call a channel and the workspace, for personas. `type`: as events name it. */
export async function namesIn(
  { channels, workspaceName }: SlackContext,
  channelId: string,
  type = "",
): Promise<PlaceNames> {
  const workspace = workspaceName;
  if (channelId.startsWith("D")) return { workspace, channel: "direct messages" };
  return { workspace, channel: type === "mpim" ? "a group message" : await channels.name(channelId) };
}

/** Where a button or a modal belongs: a thread if it stands in one. */
export function placeAt(context: SlackContext, channelId: string, threadId: string | undefined): Place {
  const { workspaceId } = context;
  const place = {
    platform: "slack",
    writer: writerOf(context),
    workspaceId,
    channelId,
    isDirect: channelId.startsWith("D"),
  };
  return threadId === undefined ? place : { ...place, threadId };
}

import type { BotCore, ConversationSettings, Place, StartReply } from "@cria/bot-core";
import type { Model } from "@cria/proto";
import type { Logger } from "pino";
import type { PacedClient } from "./api/paced-client.ts";
import type { FileAccess } from "./incoming/files.ts";
import { writerOf } from "./incoming/message-event.ts";
import type { People } from "./incoming/people.ts";
import type { Threads } from "./incoming/threads.ts";
import { SlackReply } from "./reply/slack-reply.ts";

/** What the handlers of events share. */
export interface SlackContext {
  readonly core: BotCore;
  /** What the model picker offers. */
  readonly listModels: () => Promise<readonly Model[]>;
  /** The settings that hold at a place. */
  readonly settings: (place: Place) => Promise<ConversationSettings>;
  readonly client: PacedClient;
  readonly workspaceId: string;
  readonly botUserId: string;
  readonly people: People;
  readonly threads: Threads;
  readonly fileAccess: FileAccess;
  readonly followsThreads: boolean;
  /** Whether all messages of channels arrive, mentions among them. */
  readonly readsMessages: boolean;
  /** Replies that this process writes. */
  readonly running: Set<RunningReply>;
  readonly logger: Logger;
}

/** A reply that is being written, and where. */
export interface RunningReply {
  readonly place: ThreadPlace;
  readonly replyId: string;
  readonly reply: SlackReply;
}

/** A place with a thread, where replies can be written. */
export type ThreadPlace = Place & { readonly threadId: string };

/** Begins replies in a thread, for the person who asked. `handle`: of a dead process's reply. */
export function replyStarter(context: SlackContext, place: ThreadPlace, userId: string, handle?: string): StartReply {
  const { channelId, threadId, workspaceId, isDirect } = place;
  const target = { channel: channelId, threadTs: threadId, isDirect, userId, teamId: workspaceId };
  return async (replyId) => {
    const { client, core, logger, threads } = context;
    const wantsFeedback = core.wantsFeedback(place).catch(() => false);
    const onEnd = () => void context.running.delete(entry);
    const reply = new SlackReply({ client, target, replyId, wantsFeedback, logger, handle, onEnd });
    const entry = { place, replyId, reply };
    context.running.add(entry);
    threads.join(channelId, threadId);
    reply.begin();
    return reply;
  };
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

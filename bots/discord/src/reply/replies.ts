import { setTimeout as wait } from "node:timers/promises";
import type { GivenUpReply, LruCache, Place, Reply, ReplyFacts, StartReply } from "@cria/bot-core";
import type { Client, SendableChannels } from "discord.js";
import type { Logger } from "pino";
import { ChannelPace } from "./channel-pace.ts";
import { isForbidden } from "./discord-errors.ts";
import { DiscordReply } from "./discord-reply.ts";
import { carriesEnd, messageIds, type ReplyTarget } from "./reply-messages.ts";

/** Where a reply is to be written. */
export interface ReplyPlace extends Pick<ReplyTarget, "channel" | "questionId" | "nonce"> {
  readonly place: Place;
  /** Who asked, to be told directly where the bot may not write. */
  readonly authorId?: string;
  /** Tells the one who asked, and needs no permission: for what began by a command or a button. */
  readonly tell?: (sentence: string) => Promise<unknown>;
  /** An older reply whose place it takes: told when this one first shows something, and when that is taken back. */
  readonly replaces?: { readonly onShown: () => void; readonly onDiscarded: () => void };
}

export interface RepliesOptions {
  readonly client: Client;
  /** By message, the reply that this process wrote there. */
  readonly shown: LruCache<string>;
  readonly logger: Logger;
  readonly editIntervalMs?: number | undefined;
}

/** A reply to begin, or to go on with: its handle is then that of the process before. */
export interface ReplyToBegin {
  readonly replyId: string;
  readonly facts: ReplyFacts;
  readonly handle?: string | undefined;
}

/** Replies that this process is writing. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #running = new Set<DiscordReply>();
  readonly #paces = new WeakMap<SendableChannels, ChannelPace>();

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** Begins a reply there. */
  starter(where: ReplyPlace): StartReply {
    return async (replyId, facts) => this.begin(where, { replyId, facts });
  }

  /** In the place of one that an earlier process had begun, and that is given up with a sentence. */
  async goOn({ place, messageId, replyId, handle }: GivenUpReply, facts: ReplyFacts): Promise<Reply> {
    const channel = await this.#channelAt(place);
    const questionId = channel.id === messageId ? undefined : messageId;
    return this.begin({ channel, place, questionId }, { replyId, facts, handle });
  }

  begin(where: ReplyPlace, { replyId, facts, handle }: ReplyToBegin): Reply {
    const { shown, logger, editIntervalMs } = this.#options;
    for (const id of messageIds(handle ?? "")) shown.set(id, replyId);
    const reply = new DiscordReply({
      target: {
        ...where,
        pace: this.#paceOf(where.channel),
        showsPreviews: facts.settings.showsPreviews ?? false,
        onShown: (id, isFirst) => {
          shown.set(id, replyId);
          if (isFirst) where.replaces?.onShown();
        },
        onTakenAway: (id) => shown.delete(id),
      },
      replyId,
      handle,
      wantsFeedback: facts.wantsFeedback,
      mayWrite: () => facts.mayWrite(),
      logger,
      onDiscarded: () => where.replaces?.onDiscarded(),
      onLost: (error, wasShown) => this.#onLost(where, error, wasShown),
      ...(editIntervalMs !== undefined && { editIntervalMs }),
    });
    this.#running.add(reply);
    void reply.ended.then(() => this.#running.delete(reply));
    return reply;
  }

  /** Whether the messages that a process before has shown carry the end of their reply. */
  async hasEnded(place: Place, handle: string): Promise<boolean> {
    const channel = await this.#channelAt(place);
    const lastId = messageIds(handle).at(-1);
    return lastId !== undefined && carriesEnd(await channel.messages.fetch({ message: lastId, force: true }));
  }

  /** Takes away what a process before has shown. */
  async takeAway(place: Place, handle: string): Promise<void> {
    const channel = await this.#channelAt(place);
    for (const id of messageIds(handle)) await channel.messages.delete(id).catch(() => undefined);
  }

  /** Gives up what is being written, as at a shutdown. */
  giveUp(): void {
    for (const reply of this.#running) reply.giveUp();
  }

  /** Gives up the reply whose message somebody deleted. */
  giveUpMessage(messageId: string): void {
    for (const reply of this.#running) reply.giveUpMessage(messageId);
  }

  /** Gives up what is being written in a channel or guild that is gone. */
  giveUpIn(channelOrGuildId: string): void {
    for (const reply of this.#running) if (reply.isIn(channelOrGuildId)) reply.giveUp();
  }

  /** Resolves when all replies have ended, or after so long. */
  async ended(limitMs: number): Promise<void> {
    const isOver = new AbortController();
    const limit = wait(limitMs, undefined, { signal: isOver.signal }).catch(() => undefined);
    await Promise.race([limit, Promise.all([...this.#running].map(({ ended }) => ended))]);
    isOver.abort();
  }

  /** A thread that is to be opened for a question is not there before its reply. */
  async #channelAt({ channelId, threadId = channelId }: Place): Promise<SendableChannels> {
    const { channels } = this.#options.client;
    const channel = (await channels.fetch(threadId).catch(() => undefined)) ?? (await channels.fetch(channelId));
    if (!channel?.isSendable()) throw new Error(`the channel ${threadId} takes no messages`);
    return channel;
  }

  #paceOf(channel: SendableChannels): ChannelPace {
    const pace = this.#paces.get(channel) ?? new ChannelPace(channel);
    this.#paces.set(channel, pace);
    return pace;
  }

  #onLost({ channel, place, authorId, tell }: ReplyPlace, error: unknown, wasShown: boolean): void {
    const { client, logger } = this.#options;
    logger.warn({ err: error, ...place }, "a reply's channel is gone, or the bot may not write there");
    if (place.isDirect || !isForbidden(error)) return;
    const sentence = `I may not write in <#${channel.id}>. Whoever runs the server can let me: **View Channel** and **Send Messages** (in threads, **Send Messages in Threads**).`;
    const telling = tell?.(sentence) ?? (wasShown || !authorId ? undefined : client.users.send(authorId, sentence));
    telling?.catch(() => undefined);
  }
}

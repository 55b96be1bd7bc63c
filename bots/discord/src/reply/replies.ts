import { setTimeout as wait } from "node:timers/promises";
import type { BotCore, GivenUpReply, Place, Reply, StartReply } from "@cria/bot-core";
import type { Client, SendableChannels } from "discord.js";
import type { Logger } from "pino";
import { ChannelPace } from "./channel-pace.ts";
import { isForbidden } from "./discord-errors.ts";
import { DiscordReply } from "./discord-reply.ts";
import type { ReplyTarget } from "./reply-messages.ts";

/** Where a reply is to be written. */
export interface ReplyPlace extends Omit<ReplyTarget, "pace"> {
  readonly place: Place;
  /** Who asked, to be told directly where the bot may not write. */
  readonly authorId?: string;
  /** Tells the one who asked, and needs no permission: for what began by a command or a button. */
  readonly tell?: (sentence: string) => Promise<unknown>;
}

export interface RepliesOptions {
  readonly client: Client;
  readonly core: Pick<BotCore, "wantsFeedback">;
  readonly logger: Logger;
  readonly editIntervalMs?: number | undefined;
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
    return (replyId) => this.#start(where, replyId, undefined);
  }

  /** Begins a reply, or goes on in the place of one that an earlier process had begun. */
  async goOn({ place, messageId, replyId, handle }: GivenUpReply, authorId?: string): Promise<Reply> {
    const channel = await this.#options.client.channels.fetch(place.threadId ?? place.channelId);
    if (!channel?.isSendable()) throw new Error(`the channel ${place.channelId} takes no messages`);
    const where = { channel, place, questionId: messageId, nonce: messageId, ...(authorId && { authorId }) };
    return await this.#start(where, replyId, handle);
  }

  /** Gives up what is being written, as at a shutdown. */
  giveUp(): void {
    for (const reply of this.#running) reply.giveUp();
  }

  /** Gives up the reply whose message somebody deleted. */
  giveUpMessage(messageId: string): void {
    for (const reply of this.#running) if (reply.handle.split(",").includes(messageId)) reply.giveUp();
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

  async #start(where: ReplyPlace, replyId: string, handle: string | undefined): Promise<Reply> {
    const { core, logger, editIntervalMs } = this.#options;
    const reply = new DiscordReply({
      target: { ...where, pace: this.#paceOf(where.channel) },
      replyId,
      handle,
      wantsFeedback: await core.wantsFeedback(where.place),
      logger,
      onLost: (error, wasShown) => this.#onLost(where, error, wasShown),
      ...(editIntervalMs !== undefined && { editIntervalMs }),
    });
    this.#running.add(reply);
    void reply.ended.then(() => this.#running.delete(reply));
    return reply;
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

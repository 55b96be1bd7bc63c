import type { BotCore, LruCache, Place } from "@cria/bot-core";
import type { Message, PartialMessage } from "discord.js";
import type { DiscordClock } from "../gateway/discord-clock.ts";
import type { Replies } from "../reply/replies.ts";
import { questionText } from "../text/question-text.ts";
import { type Attention, isForBot, isWritten } from "./attention.ts";
import type { HandedMessages } from "./handed-messages.ts";
import { placeOf } from "./place.ts";

/** A claim stands longer: within this time nothing that was answered is answered again. */
const CLAIMED_MS = 9 * 60_000;

export interface MessageChangesOptions {
  readonly core: BotCore;
  readonly replies: Replies;
  readonly handed: HandedMessages;
  /** By message, the reply that this process wrote there. */
  readonly shown: LruCache<string>;
  readonly attention: Attention;
  readonly clock: DiscordClock;
  /** Hands a message over as if it had just come. */
  readonly onCreate: (message: Message) => Promise<void>;
}

/** Hears of edits and deletions. What people change among themselves is nothing to the memory that all processes share. */
export class MessageChanges {
  readonly #options: MessageChangesOptions;

  constructor(options: MessageChangesOptions) {
    this.#options = options;
  }

  /** What becomes a call for the bot is a message; what was one is an edit. */
  async onUpdate(old: Message | PartialMessage, message: Message): Promise<void> {
    const { core, handed, attention, clock, onCreate } = this.#options;
    // Discord adds the previews of links by an update that is no edit.
    const isEdited = message.editedTimestamp !== null && (old.partial || old.content !== message.content);
    if (!isEdited || !isWritten(message)) return;
    const place = handed.placeOf(message.id);
    if (place) return await core.handleEdit({ place, messageId: message.id, text: questionText(message) });
    const isCalled = isForBot(message, attention) === true;
    if (!handed.precedes(message.id)) return isCalled ? await onCreate(message) : undefined;
    if (!isCalled) return;
    for (const at of answerPlaces(message))
      await core.handleEdit({ place: at, messageId: message.id, text: questionText(message) });
    if (clock.now() - message.createdTimestamp < CLAIMED_MS) await onCreate(message);
  }

  /** Of one channel. Only what may have been a question or a reply is told of. */
  async onDelete(messages: readonly (Message | PartialMessage)[]): Promise<void> {
    const told = new Map<string, { readonly place: Place; readonly ids: string[] }>();
    for (const message of messages)
      for (const { place, id } of this.#gone(message)) {
        const key = place.threadId ?? place.channelId;
        told.set(key, { place, ids: [...(told.get(key)?.ids ?? []), id] });
      }
    for (const deletion of told.values()) await this.#options.core.handleDeletion(deletion);
  }

  /** What may be remembered of a deleted message: the place of its conversation, and its id there. */
  #gone(message: Message | PartialMessage): readonly { readonly place: Place; readonly id: string }[] {
    const { replies, handed, shown } = this.#options;
    const { id, author, client } = message;
    replies.giveUpMessage(id);
    handed.drop(id);
    const place = placeOf(message.channel);
    const replyId = shown.get(id);
    if (place && replyId !== undefined) return [{ place, id: replyId }];
    const answeredAt = handed.placeOf(id);
    if (answeredAt) return [{ place: answeredAt, id }];
    // Another process may have written a reply.
    const isOwn = author?.id === client.user?.id;
    const isNobodys = !isOwn && (!handed.precedes(id) || (author && !isWritten(message)));
    return isNobodys ? [] : answerPlaces(message).map((at) => ({ place: at, id }));
  }
}

/** Where what another process handed over or wrote may be remembered: where it stands, or in a thread of its own. */
function answerPlaces({ channel, id }: Message | PartialMessage): readonly Place[] {
  const place = placeOf(channel);
  if (!place) return [];
  const hasThread = "threads" in channel && channel.threads.cache.has(id);
  return hasThread ? [place, { ...place, threadId: id }] : [place];
}

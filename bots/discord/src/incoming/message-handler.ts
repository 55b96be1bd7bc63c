import { type BotCore, type ClaimedEvent, type Place, type ReceivedEvent, splitMessage } from "@cria/bot-core";
import { type Client, type Message, MessageFlags, type SendableChannels } from "discord.js";
import { isGone } from "../reply/discord-errors.ts";
import type { Replies } from "../reply/replies.ts";
import { MAX_MESSAGE_LENGTH } from "../reply/reply-parts.ts";
import { type Attention, callsBot, isForBot, isWritten } from "./attention.ts";
import type { Authors } from "./authors.ts";
import type { ChannelSettings } from "./channel-settings.ts";
import type { HandedMessages } from "./handed-messages.ts";
import { mayOpenThread, openThread } from "./opened-threads.ts";
import { eventIdOf, placeNames, placeOf } from "./place.ts";
import { type ReadMessage, readMessage } from "./read-message.ts";

export interface MessageHandlerOptions {
  readonly client: Client<true>;
  readonly core: BotCore;
  readonly replies: Replies;
  readonly authors: Authors;
  readonly settings: ChannelSettings;
  readonly handed: HandedMessages;
  readonly attention: Attention;
}

/** Answers messages: one that may be for the bot is claimed, then read, then answered. */
export class MessageHandler {
  readonly #options: MessageHandlerOptions;

  constructor(options: MessageHandlerOptions) {
    this.#options = options;
  }

  async onCreate(message: Message): Promise<void> {
    const { core, handed } = this.#options;
    const place = await this.#answerPlace(message);
    if (!place) return;
    handed.add(message.id, place);
    await core.receive(toEvent(message, place), (claimed) => this.#answer(claimed, message));
  }

  /** Goes on with a message that another process had claimed. */
  async recover(claimed: ClaimedEvent): Promise<void> {
    const { event, handle } = claimed;
    const message = await this.#find(event);
    if (message) return await this.#answer(claimed, message);
    // Its question was taken back meanwhile.
    if (handle !== undefined) await this.#options.replies.takeAway(event.place, handle);
  }

  /**
   * Where a message is answered; undefined for one that is not for the bot. What is set in a channel can open a thread for it
   * and make it the bot's, so that is known before it is claimed: a claim is a place in a conversation's queue.
   */
  async #answerPlace(message: Message): Promise<Place | undefined> {
    const { attention, settings, handed } = this.#options;
    const { channel, id } = message;
    const place = placeOf(channel);
    if (!place || !channel.isSendable() || !isWritten(message)) return undefined;
    const isAtSight = isForBot(message, attention);
    if (isAtSight === false) return undefined;
    const mayOpen = mayOpenThread(message);
    if (isAtSight && !mayOpen) return place;
    handed.consider(id);
    const set = await settings.at(place);
    if (!handed.isLeft(id) || !(isAtSight ?? set.answersAll)) return undefined;
    return set.opensThreads && mayOpen ? { ...place, threadId: message.id } : place;
  }

  async #find({ place, messageId, raw }: ReceivedEvent): Promise<Message | undefined> {
    const { client, handed } = this.#options;
    try {
      const channel = await client.channels.fetch(JSON.parse(raw).channelId);
      if (!channel?.isTextBased()) return undefined;
      handed.add(messageId, place);
      return await channel.messages.fetch(messageId);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  async #answer(claimed: ClaimedEvent, message: Message): Promise<void> {
    const { core, authors, replies } = this.#options;
    const { place } = claimed.event;
    const read = await readMessage(message, place, { authors, core });
    if (read.type === "stop")
      return void (await core.stopReply({ place: placeOf(message.channel) ?? place, author: read.author }));
    if (read.type === "command") return await this.#runCommand(claimed, message, read);
    const asked = { place, authorId: message.author.id, nonce: message.id };
    await claimed.answer(read.message, async (replyId, facts) => {
      const { channel, questionId } = await whereTo(message, place);
      return replies.begin({ ...asked, channel, questionId }, { replyId, facts, handle: claimed.handle });
    });
  }

  /** Commands work by words too: after a mention, and in direct messages. They are for the channel that they are given in. */
  async #runCommand(claimed: ClaimedEvent, message: Message, read: ReadMessage & { readonly type: "command" }) {
    const { core, replies, settings } = this.#options;
    const { author, command } = read;
    const place = placeOf(message.channel) ?? claimed.event.place;
    // Who may not talk to the bot and does not call it talks to others.
    if (!callsBot(message) && core.refusal({ place, author }) !== undefined) return;
    const where = { place, authorId: author.id, channel: message.channel as SendableChannels, questionId: message.id };
    const answer =
      "type" in command && command.type === "compare"
        ? await claimed.compare({ place, author, command, names: placeNames(message.channel) }, replies.starter(where))
        : await claimed.runCommand({ place, author, command });
    settings.forget();
    if (answer !== undefined) await say(message, answer);
  }
}

/** Another process reads it again by its ids. */
function toEvent({ id, channelId }: Message, place: Place): ReceivedEvent {
  return { eventId: eventIdOf(place, id), messageId: id, place, raw: JSON.stringify({ channelId }) };
}

/** Below the message, or in the thread that is opened for it. */
async function whereTo(message: Message, place: Place) {
  const here = { channel: message.channel as SendableChannels, questionId: message.id };
  // The first message of a forum's thread has the thread's id, and is in it.
  const isToOpen = place.threadId === message.id && !message.channel.isThread();
  const thread = isToOpen ? await openThread(message) : undefined;
  return thread ? { channel: thread, questionId: undefined } : here;
}

/** The nonce keeps a second process from saying the same. */
async function say({ channel, id }: Message, text: string): Promise<void> {
  for (const [index, content] of splitMessage(text, { limit: MAX_MESSAGE_LENGTH }).entries()) {
    const reply = index === 0 && { reply: { messageReference: id } };
    const flags = MessageFlags.SuppressEmbeds;
    await (channel as SendableChannels).send({ content, flags, nonce: `${id}-${index}`, enforceNonce: true, ...reply });
  }
}

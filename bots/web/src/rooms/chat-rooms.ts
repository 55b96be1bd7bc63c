import { type Author, type FeedbackRating, within } from "@cria/bot-core";
import type { Logger } from "pino";
import type { Bot } from "../bot.ts";
import { WebError } from "../errors.ts";
import type { EventFeed } from "../feed/event-feed.ts";
import { meaningOf } from "../mention.ts";
import { type PressedReply, Replies } from "../replies/replies.ts";
import type { Timeline } from "../timeline/timeline.ts";
import type { TimelineStore } from "../timeline/timeline-store.ts";
import { type ChannelSnapshot, type Completion, isLive, type Workspace } from "../wire.ts";
import {
  channelName,
  directChannelOf,
  FIRST_CHANNELS,
  isDirectChannel,
  MAX_CHANNELS,
  placeOf,
} from "./channel-names.ts";
import type { ChatStore } from "./chat-store.ts";
import { titleOf } from "./chat-titles.ts";
import { Chats } from "./chats.ts";
import { checkedMessage, type Said } from "./checked-message.ts";
import { OpenTimelines } from "./open-timelines.ts";
import { recoverReplies } from "./recover-replies.ts";

export interface ChatRoomsOptions {
  readonly bot: Bot;
  readonly store: TimelineStore;
  readonly chatStore: ChatStore;
  readonly feed: EventFeed;
  readonly logger: Logger;
  /** For personas that name it. */
  readonly workspaceName: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Whoever sends a message is told so much later that it came, where the store is away. */
const SAVE_LIMIT_MS = 3_000;

/** What somebody wants to say, and the id of the message that says it. */
export interface SaidMessage extends Said {
  readonly id: string;
}

/** The channels and chats of the workspace, and what people may do in them. */
export class ChatRooms {
  readonly #options: ChatRoomsOptions;
  readonly #replies: Replies;
  readonly #timelines: OpenTimelines;
  readonly #chats: Chats;
  readonly #added: string[];
  readonly #stopWatching: () => void;
  readonly #stopRecovering: () => void;
  #isServing = true;

  private constructor(options: ChatRoomsOptions, added: readonly string[]) {
    this.#options = options;
    this.#added = [...added];
    this.#replies = new Replies(options);
    const isBusy = (channelId: string) => this.#replies.isBusy(channelId);
    this.#timelines = new OpenTimelines({ ...options, channels: () => this.channels(), isBusy });
    this.#chats = new Chats({ ...options, store: options.chatStore });
    this.#stopWatching = options.bot.watchHealth((isServing) => this.#onHealth(isServing));
    this.#stopRecovering = recoverReplies({ ...options, replies: this.#replies, timelines: this.#timelines });
  }

  /** Reads the channels people added. */
  static async open(options: ChatRoomsOptions): Promise<ChatRooms> {
    return new ChatRooms(options, await options.store.channels());
  }

  /** Whether the inference service answers. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Whether what is written here is still there after a restart. */
  get outlivesProcess(): boolean {
    return this.#options.store.outlivesProcess;
  }

  channels(): readonly string[] {
    return [...FIRST_CHANNELS, ...this.#added];
  }

  /** What a person finds here. */
  async lists(
    person: Author,
  ): Promise<Pick<Workspace, "channels" | "chats" | "directChannel" | "hasChats" | "newest">> {
    const directChannel = directChannelOf(person.id);
    const author = { ...person, roleIds: [] };
    const hasChats = this.#options.bot.refusal({ place: placeOf(directChannel), author }) === undefined;
    const lists = { channels: this.channels(), directChannel, hasChats };
    try {
      const chats = await this.#chats.list(person.id);
      const ids = [...lists.channels, directChannel, ...chats.map(({ id }) => id)];
      const newest = await this.#options.store.newest([...new Set(ids)]);
      // What was written in them may be gone before they are, where this process keeps both.
      return { ...lists, newest, chats: chats.filter(({ id }) => newest[id] !== undefined) };
    } catch (error) {
      // A page is of use without them.
      this.#options.logger.warn({ err: error }, "the list of someone's chats could not be read");
      return { ...lists, newest: {}, chats: [] };
    }
  }

  /** Adds a channel and returns its name as it is written. */
  async addChannel(text: string): Promise<string> {
    const name = channelName(text);
    if (this.channels().includes(name)) throw new WebError("conflict", `There is a channel #${name} already.`);
    if (this.channels().length >= MAX_CHANNELS)
      throw new WebError("tooMany", `There are ${MAX_CHANNELS} channels, the most this page keeps.`);
    await this.#storeChannel(name);
    this.#options.feed.publish({ type: "channels", channels: this.channels() });
    return name;
  }

  async renameChat(person: Author, chatId: string, title: string): Promise<void> {
    await this.#chats.rename(person.id, chatId, title);
  }

  /** Forgets a chat: what was written in it, what the bot remembers of it, and what was set there. */
  async deleteChat(person: Author, chatId: string): Promise<void> {
    if (!isDirectChannel(chatId)) throw new WebError("forbidden", "Channels belong to all, so nobody deletes them.");
    const timeline = await this.#timelines.get(person.id, chatId);
    if (timeline.messages().some(({ state }) => state?.type === "interrupted"))
      throw new WebError("conflict", "A reply in this chat is about to be taken up again. Delete it once it is.");
    await this.#replies.end(chatId);
    await this.#options.bot.forget(placeOf(chatId));
    await this.#timelines.forget(timeline);
    // Last: where the store fails before, it is still listed and can be deleted again.
    await this.#chats.remove(person.id, chatId);
  }

  async snapshot(person: Author, channelId: string): Promise<ChannelSnapshot> {
    const timeline = await this.#timelines.get(person.id, channelId);
    const { bot, feed } = this.#options;
    // The head last: what changes it meanwhile is told by an event after this one.
    const seen = { messages: timeline.messagesFor(person.id), eventId: feed.lastId };
    return { ...seen, head: await bot.head(placeOf(channelId)) };
  }

  /**
   * Posts a message and, if it is for the bot, starts its reply. Posting an id twice posts once. Resolves once the message is
   * written down, so that it outlives this process.
   */
  async post(person: Author, channelId: string, message: SaidMessage): Promise<void> {
    const timeline = await this.#timelines.get(person.id, channelId);
    if (timeline.message(message.id) !== undefined) return await writtenDown(timeline);
    const { text, files } = checkedMessage(message);
    const place = placeOf(channelId);
    if (meaningOf(text, place.isDirect).type === "question") this.#replies.checkRoom(timeline);
    const title = titleOf(text) || titleOf(files[0]?.name ?? "");
    await this.#chats.note({ id: channelId, title });
    // Sent twice, it may have been posted meanwhile.
    if (timeline.message(message.id) !== undefined) return await writtenDown(timeline);
    const author = { id: person.id, name: person.name };
    const kept = { id: message.id, author, text, ...(files.length > 0 && { files }) };
    const posted = timeline.post(kept, this.#options.now());
    this.#replies.answer({ timeline, place, message: posted, author: person });
    await writtenDown(timeline);
  }

  /**
   * Changes one's own message and answers it as it is now: its newest reply again, or a first time. A reply under way is
   * stopped first.
   */
  async edit(person: Author, channelId: string, message: SaidMessage): Promise<void> {
    const timeline = await this.#timelines.get(person.id, channelId);
    const known = timeline.message(message.id);
    if (known?.author.id !== person.id || known.isNotice)
      throw new WebError("notFound", "This message is not yours, or no longer kept.");
    const { text } = checkedMessage({ text: message.text, files: known.files ?? [] });
    const place = placeOf(channelId);
    const replyState = timeline.replyTo(known.id)?.state;
    if (replyState?.type === "interrupted")
      throw new WebError("conflict", "The reply to this message is about to be taken up again. Change it once it is.");
    // A reply under way gives its room to the one that takes its place.
    const isBeingAnswered = isLive(replyState);
    if (meaningOf(text, place.isDirect).type === "question" && !isBeingAnswered) this.#replies.checkRoom(timeline);
    timeline.replace(known.id, { text, isEdited: true });
    await this.#replies.answerEdited({ timeline, place, message: { ...known, text }, author: person });
    await writtenDown(timeline);
  }

  /** Answers a reply's question again in its place, or goes on where it was cut. */
  async again(person: Author, channelId: string, replyId: string, kind: "regenerate" | "continueReply"): Promise<void> {
    const pressed = await this.#pressed(person, channelId, replyId);
    this.#replies.checkRoom(pressed.timeline);
    await this.#replies.again(kind, pressed);
  }

  /** Keeps a person's rating of a reply. */
  async rate(person: Author, channelId: string, replyId: string, rating: FeedbackRating): Promise<void> {
    const timeline = await this.#timelines.get(person.id, channelId);
    const action = { place: placeOf(channelId), author: person, replyId: timeline.message(replyId)?.replyId ?? "" };
    const refusal = await this.#options.bot.giveFeedback({ ...action, rating });
    if (refusal !== undefined) throw new WebError("conflict", refusal);
    timeline.rate(replyId, person.id, rating);
  }

  /** Answers the question of a failed reply once more. */
  async retry(person: Author, channelId: string, replyId: string): Promise<void> {
    const { timeline, place, reply } = await this.#pressed(person, channelId, replyId);
    if (reply.state?.type !== "failed") throw new WebError("conflict", "Only a reply that failed can be tried again.");
    if (reply.state.isFinal) throw new WebError("conflict", "This message would fail again in the same way.");
    const question = timeline.message(reply.answers?.messageId ?? "");
    if (question === undefined) throw new WebError("notFound", "The question of this reply is no longer kept.");
    this.#replies.checkRoom(timeline);
    await this.#replies.retry({ timeline, place, message: question, author: person }, reply);
  }

  /** The text of a message's file. */
  async file(person: Author, channelId: string, messageId: string, index: number): Promise<string> {
    const timeline = await this.#timelines.get(person.id, channelId);
    const file = timeline.message(messageId)?.files?.[index];
    if (file === undefined) throw new WebError("notFound", "This file is no longer kept.");
    return file.text;
  }

  /** Stops a reply; stopping one that has ended does nothing. */
  async stop(person: Author, channelId: string, replyId: string): Promise<void> {
    await this.#replies.stop(await this.#pressed(person, channelId, replyId));
  }

  /** What the composer offers for a text in a channel. */
  async completions(person: Author, channelId: string, text: string): Promise<readonly Completion[]> {
    await this.#timelines.get(person.id, channelId);
    return await this.#options.bot.completeCommand(text, placeOf(channelId));
  }

  /** Sets the channel's model, as the command `/model` does, and says there who did. */
  async setModel(person: Author, channelId: string, name: string): Promise<void> {
    const timeline = await this.#timelines.get(person.id, channelId);
    await this.#replies.commands.setModel({ timeline, place: placeOf(channelId), person, name });
    await this.#chats.note({ id: channelId, title: "" });
  }

  /** Leaves every reply to another server, or stops it where there is none, and writes down what is not yet written. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#stopRecovering();
    await this.#options.bot.stop();
    await this.#replies.end();
    await this.#timelines.close();
  }

  /** Throws a WebError (`notFound`) where the reply is no longer kept. */
  async #pressed(person: Author, channelId: string, replyId: string): Promise<PressedReply> {
    const timeline = await this.#timelines.get(person.id, channelId);
    const reply = timeline.message(replyId);
    if (reply === undefined) throw new WebError("notFound", "This reply is no longer kept.");
    return { timeline, place: placeOf(channelId), reply, person };
  }

  /** The name is taken while it is being stored, so that nobody else adds it meanwhile. */
  async #storeChannel(name: string): Promise<void> {
    this.#added.push(name);
    try {
      await this.#options.store.addChannel(name);
    } catch (error) {
      this.#added.splice(this.#added.indexOf(name), 1);
      throw error;
    }
  }

  #onHealth(isServing: boolean): void {
    if (isServing === this.#isServing) return;
    this.#isServing = isServing;
    this.#options.feed.publish({ type: "service", isServing });
  }
}

/** Resolves when a timeline is written down; a store that is away holds nobody up for long. */
async function writtenDown(timeline: Timeline): Promise<void> {
  await within(SAVE_LIMIT_MS, timeline.flush()).catch(() => undefined);
}

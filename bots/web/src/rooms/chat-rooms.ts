import {
  type Author,
  type ClaimedEvent,
  type FeedbackRating,
  type IncomingMessage,
  MAX_MESSAGE_LENGTH,
  type Place,
  type Reply,
} from "@cria/bot-core";
import type { Logger } from "pino";
import type { Bot } from "../bot.ts";
import { WebError } from "../errors.ts";
import { meaningOf } from "../mention.ts";
import { type BegunReply, Replies } from "../replies/replies.ts";
import { Timeline } from "../timeline/timeline.ts";
import type { TimelineStore } from "../timeline/timeline-store.ts";
import { type ChannelSnapshot, type Completion, isLive } from "../wire.ts";
import {
  channelName,
  directChannelOf,
  FIRST_CHANNELS,
  isDirectChannel,
  MAX_CHANNELS,
  personOf,
} from "./channel-names.ts";
import type { EventFeed } from "./event-feed.ts";

/** All of the page's servers over one Redis write as one. */
const WRITER = "web:local";
/** Direct messages held open at once; those unused the longest are read from the store again. */
const MAX_OPEN_TIMELINES = 1_000;

export interface ChatRoomsOptions {
  readonly bot: Bot;
  readonly store: TimelineStore;
  readonly feed: EventFeed;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The channels and direct messages of the workspace, and what people may do in them. */
export class ChatRooms {
  readonly #options: ChatRoomsOptions;
  readonly #replies: Replies;
  readonly #timelines = new Map<string, Promise<Timeline>>();
  readonly #added: string[];
  readonly #stopWatching: () => void;
  readonly #stopRecovering: () => void;
  #isServing = true;

  private constructor(options: ChatRoomsOptions, added: readonly string[]) {
    this.#options = options;
    this.#added = [...added];
    this.#replies = new Replies(options);
    this.#stopWatching = options.bot.watchHealth((isServing) => this.#onHealth(isServing));
    this.#stopRecovering = options.bot.recover({
      writer: WRITER,
      serves: () => true,
      work: (claimed) => this.#goOn(claimed),
      hasEnded: (place, handle) => this.#hasEnded(place, handle),
      startReply: (givenUp) => this.#takeUp(givenUp),
    });
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

  async snapshot(person: Author, channelId: string): Promise<ChannelSnapshot> {
    const timeline = await this.#timeline(person, channelId);
    const head = await this.#options.bot.head(placeOf(channelId));
    return { head, messages: timeline.messagesFor(person.id), eventId: this.#options.feed.lastId };
  }

  /** Posts a message and, if it is for the bot, starts its reply. Posting an id twice posts once. */
  async post(person: Author, channelId: string, message: { id: string; text: string }): Promise<void> {
    const timeline = await this.#timeline(person, channelId);
    if (timeline.message(message.id) !== undefined) return;
    const text = checkedText(message.text);
    const place = placeOf(channelId);
    if (meaningOf(text, place.isDirect).type === "question") this.#replies.checkRoom(timeline);
    const author = { id: person.id, name: person.name };
    const posted = timeline.post({ id: message.id, author, text }, this.#options.now());
    this.#replies.answer({ timeline, place, message: posted, author: person });
  }

  /**
   * Changes one's own message and answers it as it is now: its newest reply again, or a first time. A reply under way is
   * stopped first.
   */
  async edit(person: Author, channelId: string, message: { id: string; text: string }): Promise<void> {
    const timeline = await this.#timeline(person, channelId);
    const known = timeline.message(message.id);
    if (known?.author.id !== person.id) throw new WebError("notFound", "This message is not yours, or no longer kept.");
    const text = checkedText(message.text);
    const place = placeOf(channelId);
    const replyState = timeline.replyTo(known.id)?.state;
    if (replyState?.type === "interrupted")
      throw new WebError("conflict", "The reply to this message is about to be taken up again. Change it once it is.");
    // A reply under way gives its room to the one that takes its place.
    const isBeingAnswered = isLive(replyState);
    if (meaningOf(text, place.isDirect).type === "question" && !isBeingAnswered) this.#replies.checkRoom(timeline);
    timeline.replace(known.id, { text, isEdited: true });
    await this.#replies.answerEdited({ timeline, place, message: { ...known, text }, author: person });
  }

  /** Answers a reply's question again in its place, or goes on where it was cut. */
  async again(person: Author, channelId: string, replyId: string, kind: "regenerate" | "continueReply"): Promise<void> {
    const timeline = await this.#timeline(person, channelId);
    const reply = timeline.message(replyId);
    if (reply === undefined) throw new WebError("notFound", "This reply is no longer kept.");
    this.#replies.checkRoom(timeline);
    await this.#replies.again(kind, { timeline, place: placeOf(channelId), reply, person });
  }

  /** Keeps a person's rating of a reply. */
  async rate(person: Author, channelId: string, replyId: string, rating: FeedbackRating): Promise<void> {
    const timeline = await this.#timeline(person, channelId);
    const action = { place: placeOf(channelId), author: person, replyId: timeline.message(replyId)?.replyId ?? "" };
    const refusal = await this.#options.bot.giveFeedback({ ...action, rating });
    if (refusal !== undefined) throw new WebError("conflict", refusal);
    timeline.rate(replyId, person.id, rating);
  }

  /** Answers the question of a failed reply once more. */
  async retry(person: Author, channelId: string, replyId: string): Promise<void> {
    const timeline = await this.#timeline(person, channelId);
    const reply = timeline.message(replyId);
    if (reply?.state?.type !== "failed") throw new WebError("conflict", "Only a reply that failed can be tried again.");
    if (reply.state.isFinal) throw new WebError("conflict", "This message would fail again in the same way.");
    const question = timeline.message(reply.answers?.messageId ?? "");
    if (question === undefined) throw new WebError("notFound", "The question of this reply is no longer kept.");
    this.#replies.checkRoom(timeline);
    // Under the name of who asked, with the rights of who asks now.
    const author = { ...person, name: question.author.name };
    this.#replies.answer({ timeline, place: placeOf(channelId), message: question, author });
  }

  /** Stops a reply; stopping one that has ended does nothing. */
  async stop(person: Author, channelId: string, replyId: string): Promise<void> {
    const timeline = await this.#timeline(person, channelId);
    const reply = timeline.message(replyId);
    if (reply === undefined) throw new WebError("notFound", "This reply is no longer kept.");
    await this.#replies.stop({ timeline, place: placeOf(channelId), reply, person });
  }

  /** What the composer offers for a text in a channel. */
  async completions(person: Author, channelId: string, text: string): Promise<readonly Completion[]> {
    await this.#timeline(person, channelId);
    return await this.#options.bot.completeCommand(text, placeOf(channelId));
  }

  /** Sets the channel's model, as the command `/model` does, and says so in the channel. */
  async setModel(person: Author, channelId: string, name: string): Promise<void> {
    const timeline = await this.#timeline(person, channelId);
    await this.#replies.setModel({ timeline, place: placeOf(channelId), person, name });
  }

  /** Leaves every reply to another server, or stops it where there is none, and writes down what is not yet written. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#stopRecovering();
    await this.#options.bot.stop();
    await this.#replies.stopAll();
    const timelines = await Promise.allSettled(this.#timelines.values());
    await Promise.all(timelines.map((opened) => (opened.status === "fulfilled" ? opened.value.close() : undefined)));
  }

  /** What a server that died had begun is written anew where it stands. */
  async #goOn({ event, handle, answer }: ClaimedEvent): Promise<void> {
    const message: IncomingMessage = JSON.parse(event.raw);
    const begun = { ...event, handle, author: message.author };
    await answer(message, (replyId) => this.#takeUp({ ...begun, replyId }));
  }

  async #takeUp(begun: BegunReply): Promise<Reply> {
    return this.#replies.takeUp(await this.#timelineOf(begun.place.channelId), begun);
  }

  async #hasEnded({ channelId }: Place, messageId: string): Promise<boolean> {
    const message = (await this.#timelineOf(channelId)).message(messageId);
    return message !== undefined && !isLive(message.state) && message.state?.type !== "interrupted";
  }

  /** Whoever asks; for what nobody asked for just now. */
  async #timelineOf(channelId: string): Promise<Timeline> {
    return await this.#timeline({ id: personOf(channelId) ?? "", name: "" }, channelId);
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

  #timeline(person: Author, channelId: string): Promise<Timeline> {
    const isDirect = channelId === directChannelOf(person.id);
    if (!isDirect && isDirectChannel(channelId))
      throw new WebError("forbidden", "This is the direct message of somebody else.");
    if (!isDirect && !this.channels().includes(channelId))
      throw new WebError("notFound", `There is no channel #${channelId.slice(0, 64)}.`);
    const opened = this.#timelines.get(channelId) ?? this.#open(channelId, isDirect ? person.id : undefined);
    // Set again so that the map's order is the order of use.
    this.#timelines.delete(channelId);
    this.#timelines.set(channelId, opened);
    this.#closeUnused();
    return opened;
  }

  #open(channelId: string, audience: string | undefined): Promise<Timeline> {
    const { store, feed, logger } = this.#options;
    const opening = Timeline.open({ channelId, store, feed, logger, ...(audience === undefined ? {} : { audience }) });
    // A store that failed is asked again the next time.
    opening.catch(() => this.#timelines.delete(channelId));
    return opening;
  }

  #closeUnused(): void {
    if (this.#timelines.size <= MAX_OPEN_TIMELINES) return;
    for (const [channelId, opened] of this.#timelines) {
      if (!isDirectChannel(channelId) || this.#replies.isBusy(channelId)) continue;
      this.#timelines.delete(channelId);
      opened.then((timeline) => timeline.close()).catch(() => undefined);
      return;
    }
  }

  #onHealth(isServing: boolean): void {
    if (isServing === this.#isServing) return;
    this.#isServing = isServing;
    this.#options.feed.publish({ type: "service", isServing });
  }
}

function placeOf(channelId: string): Place {
  return { platform: "web", workspaceId: "local", channelId, isDirect: isDirectChannel(channelId) };
}

function checkedText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") throw new WebError("invalid", "The message is empty.");
  if (trimmed.length <= MAX_MESSAGE_LENGTH) return trimmed;
  throw new WebError(
    "tooLarge",
    `The message has ${trimmed.length.toLocaleString("en")} characters; at most ${MAX_MESSAGE_LENGTH.toLocaleString("en")} are allowed.`,
  );
}

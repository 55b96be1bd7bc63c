import { randomUUID } from "node:crypto";
import type { Author, GivenUpReply, IncomingCommand, Place, Reply } from "@cria/bot-core";
import type { Bot } from "../bot.ts";
import { WebError } from "../errors.ts";
import { meaningOf } from "../mention.ts";
import type { EventFeed } from "../rooms/event-feed.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { BOT, type ChatMessage, isLive, type Person } from "../wire.ts";
import { createWebReply, type WebReplyOptions } from "./web-reply.ts";

/** Replies that may be under way in one channel; they are written one after another, so more would wait for minutes. */
export const MAX_LIVE_REPLIES = 20;

const NOTHING_TO_STOP = "Nothing is being written here.";

export interface RepliesOptions {
  readonly bot: Bot;
  readonly feed: EventFeed;
  readonly now: () => number;
}

/** Where a reply stands. */
interface Spot {
  readonly timeline: Timeline;
  readonly place: Place;
}

/** A message in its channel. */
interface AskedMessage extends Spot {
  readonly message: ChatMessage;
  /** Who asks: under this name, and with these rights. */
  readonly author: Author;
}

/** A reply under which somebody pressed a button. */
export interface PressedReply extends Spot {
  readonly reply: ChatMessage;
  readonly person: Author;
}

/** A reply that another process had begun, or was to begin. */
export interface BegunReply extends Omit<GivenUpReply, "raw"> {
  /** Default: whoever wrote the question. */
  readonly author?: Author;
}

interface StartedReply {
  /** Gives the reply up, as at a shutdown. Stop goes through the bot. */
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

interface OpenReply extends StartedReply {
  readonly channelId: string;
  /** Who pressed Stop. */
  stoppedBy?: Person | undefined;
}

/** Hands messages and commands to the bot and holds the replies under way. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #running = new Map<string, OpenReply>();
  /** Replies that another server goes on with. */
  readonly #left = new Set<string>();

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** Throws a WebError if the channel has too many replies under way. */
  checkRoom(timeline: Timeline): void {
    if (timeline.numLiveReplies() < MAX_LIVE_REPLIES) return;
    throw new WebError(
      "tooMany",
      `${MAX_LIVE_REPLIES} replies are under way in this channel. Wait for one or stop one.`,
    );
  }

  isBusy(channelId: string): boolean {
    return [...this.#running.values()].some((reply) => reply.channelId === channelId);
  }

  /** Answers a message if it is for the bot: a command, a mention, or anything in a direct message. */
  answer(question: AskedMessage): void {
    const meaning = meaningOf(question.message.text, question.place.isDirect);
    if (meaning.type === "question") this.#reply(question, meaning.text);
    if (meaning.type === "command") this.#answerCommand(question, meaning.text);
    if (meaning.type === "stop") void this.#stopEvery(question);
  }

  /**
   * Stops a reply, whichever process writes it; stopping one that has ended does nothing. Throws a WebError with the bot's
   * sentence where the person may not.
   */
  async stop({ place, reply, person }: PressedReply): Promise<void> {
    if (!isLive(reply.state)) return;
    const running = this.#running.get(reply.id);
    if (running !== undefined) running.stoppedBy = { id: person.id, name: person.name };
    // The bot has no name for it yet, and so begins nothing.
    if (reply.replyId === undefined) return running?.abort.abort();
    const refusal = await this.#options.bot.stopReply({ place, author: person, replyId: reply.replyId });
    if (refusal === undefined) return;
    if (running !== undefined) running.stoppedBy = undefined;
    throw new WebError("forbidden", refusal);
  }

  /** The word that stops what is being written, as everywhere: no command is needed. */
  async #stopEvery(question: AskedMessage): Promise<void> {
    const { timeline, place, author } = question;
    const live = timeline.messages().filter(({ state }) => isLive(state));
    const stops = live.map((reply) => this.stop({ timeline, place, reply, person: author }));
    const [first = { status: "rejected", reason: NOTHING_TO_STOP }] = await Promise.allSettled(stops);
    if (first.status === "rejected")
      this.#say(question, first.reason instanceof WebError ? first.reason.message : NOTHING_TO_STOP);
  }

  async stopAll(): Promise<void> {
    await endAll([...this.#running.values()]);
  }

  /** Ends what is being written in a channel. */
  async endIn(channelId: string): Promise<void> {
    await endAll([...this.#running.values()].filter((reply) => reply.channelId === channelId));
  }

  /** Sets the model of a channel and says there who did. Throws a WebError with the bot's sentence where it cannot be. */
  async setModel(choice: Spot & { readonly person: Author; readonly name: string }): Promise<void> {
    const { timeline, place, person, name } = choice;
    const command = { type: "model", name } as const;
    const refuse = async (sentence: string) => {
      throw new WebError("conflict", sentence);
    };
    await this.#options.bot.handleCommand({ eventId: randomUUID(), place, author: person, command }, refuse);
    const author = { id: person.id, name: person.name };
    const text = `switched the model to **${name}**`;
    timeline.post({ id: randomUUID(), author, text, isNotice: true }, this.#options.now());
    await this.#publishHead(timeline, place);
  }

  /**
   * Answers a reply's question again in its place, or goes on where it was cut. Resolves when it has begun; throws a
   * WebError with the bot's sentence where it may not.
   */
  async again(kind: "regenerate" | "continueReply", { timeline, place, reply, person }: PressedReply): Promise<void> {
    if (this.#running.has(reply.id)) throw new WebError("conflict", "This reply is being written.");
    const before = kind === "continueReply" ? reply.text : "";
    const action = { place, author: person, replyId: reply.replyId ?? "" };
    const abort = new AbortController();
    await new Promise<void>((begin, refuse) => {
      const startReply = async (replyId: string) => {
        timeline.replace(reply.id, { replyId, text: before, state: { type: "waiting" } });
        begin();
        return this.#write({ timeline, messageId: reply.id, signal: abort.signal, before });
      };
      const ended = this.#options.bot[kind](action, startReply).then((refusal) => {
        if (refusal !== undefined) refuse(new WebError("conflict", refusal));
      });
      this.#run({ timeline, place }, reply.id, { abort, ended });
    });
  }

  /**
   * Answers a message that was changed: its newest reply again in its place, or as a new message where the bot no longer
   * knows that reply. One that is no longer for the bot keeps the reply it had. Throws as `again` does.
   */
  async answerEdited(question: AskedMessage): Promise<void> {
    const { timeline, place, message, author } = question;
    const meaning = meaningOf(message.text, place.isDirect);
    const reply = timeline.replyTo(message.id);
    if (reply !== undefined) await this.stop({ timeline, place, reply, person: author });
    await this.#running.get(reply?.id ?? "")?.ended;
    await this.#options.bot.handleEdit({
      place,
      messageId: message.id,
      text: "text" in meaning ? meaning.text : message.text,
    });
    const stopped = reply && timeline.message(reply.id);
    if (stopped?.replyId === undefined || meaning.type !== "question") return this.answer(question);
    if (!(await this.#options.bot.canAnswerAgain(place, stopped.replyId))) return this.answer(question);
    await this.again("regenerate", { timeline, place, reply: stopped, person: author });
  }

  /** Goes on with a reply that an earlier process had begun, in the message that shows it or in a new one. */
  takeUp(timeline: Timeline, { place, messageId, author, replyId, handle = "" }: BegunReply): Reply {
    const asker = author ?? timeline.message(messageId)?.author ?? BOT;
    const id = timeline.message(handle)?.id ?? this.#post(timeline, { id: messageId, author: asker });
    const abort = new AbortController();
    timeline.replace(id, { replyId, text: "", state: { type: "waiting" } });
    let onEnded: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      onEnded = resolve;
    });
    this.#run({ timeline, place }, id, { abort, ended });
    return this.#write({ timeline, messageId: id, signal: abort.signal, onEnded });
  }

  #reply(question: AskedMessage, text: string): void {
    const { timeline, place, message, author } = question;
    const abort = new AbortController();
    const id = this.#post(timeline, message);
    const incoming = { eventId: `web:${id}`, messageId: message.id, place, author, text };
    const startReply = async (replyId: string) => {
      timeline.replace(id, { replyId });
      return this.#write({ timeline, messageId: id, signal: abort.signal });
    };
    this.#run(question, id, { abort, ended: this.#options.bot.handleMessage(incoming, startReply) });
  }

  /** The reply takes its place at once, so that nothing jumps when its first word comes. */
  #post(timeline: Timeline, { id, author }: Pick<ChatMessage, "id" | "author">, isCompared = false): string {
    const answers = { messageId: id, authorName: author.name };
    const reply = { id: randomUUID(), author: BOT, text: "", answers, state: { type: "waiting" } } as const;
    return timeline.post({ ...reply, ...(isCompared && { isCompared }) }, this.#options.now()).id;
  }

  #write(options: Pick<WebReplyOptions, "timeline" | "messageId" | "signal" | "before" | "onEnded">): Reply {
    const { messageId } = options;
    const stoppedBy = () => this.#running.get(messageId)?.stoppedBy;
    return createWebReply({ ...options, stoppedBy, onLeave: () => this.#left.add(messageId) });
  }

  #run(spot: Spot, id: string, { abort, ended }: StartedReply): void {
    const finished = ended.then(() => this.#onEnded(spot, id));
    this.#running.set(id, { channelId: spot.timeline.channelId, abort, ended: finished });
  }

  async #onEnded({ timeline, place }: Spot, replyId: string): Promise<void> {
    this.#running.delete(replyId);
    if (isLive(timeline.message(replyId)?.state) && !this.#left.has(replyId))
      timeline.setState(replyId, {
        type: "failed",
        reason: "Something went wrong on the chat server. Its log says what.",
      });
    await this.#publishHead(timeline, place);
  }

  #answerCommand(question: AskedMessage, text: string): void {
    const parsed = this.#options.bot.parseCommand(text);
    if (parsed.type === "fault") {
      this.#say(question, parsed.sentence);
      return;
    }
    const { place, author, timeline } = question;
    const command = { eventId: randomUUID(), place, author, command: parsed.command };
    const answered =
      parsed.command.type === "compare" ? this.#compare(question, command) : this.#options.bot.handleCommand(command);
    void answered.then((answer) => {
      if (answer !== undefined) this.#say(question, answer);
      return this.#publishHead(timeline, place);
    });
  }

  /** Two replies, each in a message of its own; either can be stopped. */
  #compare(question: AskedMessage, command: IncomingCommand): Promise<string | undefined> {
    const { timeline, message } = question;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const startReply = async (replyId: string) => {
      const abort = new AbortController();
      const id = this.#post(timeline, message, true);
      timeline.replace(id, { replyId });
      this.#run(question, id, { abort, ended });
      return this.#write({ timeline, messageId: id, signal: abort.signal });
    };
    return this.#options.bot.compare(command, startReply).finally(end);
  }

  #say({ timeline, message }: AskedMessage, text: string): void {
    const answers = { messageId: message.id, authorName: message.author.name };
    timeline.post({ id: randomUUID(), author: BOT, text, answers }, this.#options.now());
  }

  async #publishHead(timeline: Timeline, place: Place): Promise<void> {
    const head = await this.#options.bot.head(place);
    this.#options.feed.publish({ type: "head", channelId: timeline.channelId, head }, timeline.audience);
  }
}

async function endAll(replies: readonly StartedReply[]): Promise<void> {
  for (const reply of replies) reply.abort.abort();
  await Promise.all(replies.map((reply) => reply.ended));
}

import { randomUUID } from "node:crypto";
import type { Author, GivenUpReply, Reply } from "@cria/bot-core";
import type { Bot } from "../bot.ts";
import { WebError } from "../errors.ts";
import type { EventFeed } from "../feed/event-feed.ts";
import { meaningOf } from "../mention.ts";
import type { KeptMessage } from "../timeline/kept-message.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { BOT, type ChatMessage, isLive } from "../wire.ts";
import { type AskedMessage, incomingMessage, type Spot } from "./asked-message.ts";
import { Commands } from "./commands.ts";
import { OpenReplies } from "./open-replies.ts";
import { createWebReply, type WebReplyOptions } from "./web-reply.ts";

/** Replies that may be under way in one channel; they are written one after another, so more would wait for minutes. */
export const MAX_LIVE_REPLIES = 20;

const NOTHING_TO_STOP = { error: "Nothing is being written here.", nearMatches: [] };

export interface RepliesOptions {
  readonly bot: Bot;
  readonly feed: EventFeed;
  readonly workspaceName: string;
  readonly now: () => number;
}

/** A reply under which somebody pressed a button. */
export interface PressedReply extends Spot {
  readonly reply: KeptMessage;
  readonly person: Author;
}

/** A reply that another process had begun, or was to begin. */
export interface BegunReply extends GivenUpReply {
  /** Who asked, where it is answered anew; absent where a sentence is all that comes, under what was written already. */
  readonly author?: Author;
}

/** A reply that begins, and the message that shows it. */
interface StartingReply extends Spot {
  readonly messageId: string;
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

/** Hands messages and commands to the bot and holds the replies under way. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #open = new OpenReplies();
  readonly #commands: Commands;
  /** Messages whose replies another server goes on with, until they have ended here. */
  readonly #left = new Set<string>();

  constructor(options: RepliesOptions) {
    this.#options = options;
    this.#commands = new Commands({
      ...options,
      beginCompared: (question, replyId, ended) => this.#beginCompared(question, replyId, ended),
    });
  }

  get commands(): Commands {
    return this.#commands;
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
    return this.#open.isBusy(channelId);
  }

  /** Gives up what is being written in a channel, or everywhere. Resolves when it has ended. */
  async end(channelId?: string): Promise<void> {
    await this.#open.end(channelId);
  }

  /** Answers a message if it is for the bot: a command, a mention, or anything in a direct message. */
  answer(question: AskedMessage): void {
    const meaning = meaningOf(question.message.text, question.place.isDirect);
    if (meaning.type === "question") this.#reply(question);
    if (meaning.type === "command") this.#commands.answer(question, meaning.text);
    if (meaning.type === "stop") void this.#stopEvery(question);
  }

  /**
   * Stops a reply, whichever process writes it; stopping one that has ended does nothing. Throws a WebError with the bot's
   * sentence where the person may not.
   */
  async stop({ place, reply, person }: PressedReply): Promise<void> {
    if (!isLive(reply.state)) return;
    const running = this.#open.get(reply.id);
    if (running !== undefined) running.stoppedBy = { id: person.id, name: person.name };
    // The bot has no name for it yet, and so begins nothing.
    if (reply.replyId === undefined) return running?.abort.abort();
    const refusal = await this.#options.bot.stopReply({ place, author: person, replyId: reply.replyId });
    if (refusal === undefined) return;
    if (running !== undefined) running.stoppedBy = undefined;
    throw new WebError("forbidden", refusal);
  }

  /**
   * Answers a reply's question again in its place, or goes on where it was cut. Resolves when it has begun, or is not to any
   * more; throws a WebError with the bot's sentence where it may not.
   */
  async again(kind: "regenerate" | "continueReply", { timeline, place, reply, person }: PressedReply): Promise<void> {
    if (this.#open.get(reply.id)) throw new WebError("conflict", "This reply is being written.");
    const before = kind === "continueReply" ? reply.text : "";
    const action = { place, author: person, replyId: reply.replyId ?? "" };
    const abort = new AbortController();
    await new Promise<void>((begin, refuse) => {
      const startReply = async (replyId: string) => {
        const ids = { replyId, ...(reply.replyId !== undefined && { predecessorId: reply.replyId }) };
        if (kind === "regenerate") timeline.renew(reply.id, ids);
        else timeline.replace(reply.id, { ...ids, state: { type: "waiting" } });
        begin();
        const onDiscarded = () => timeline.putBack(reply);
        return this.#write({ timeline, messageId: reply.id, signal: abort.signal, before, onDiscarded });
      };
      const ended = this.#options.bot[kind](action, startReply).then((refusal) => {
        if (refusal !== undefined) refuse(new WebError("conflict", refusal));
        // Its question was deleted, or another server answers it, before it began.
        else begin();
      });
      this.#hold({ timeline, place, messageId: reply.id, abort, ended });
    });
  }

  /** Answers a failed reply's question once more: in its place where something else stood there before, else in a message of its own. */
  async retry(question: AskedMessage, reply: KeptMessage): Promise<void> {
    const { timeline, place, author } = question;
    const remembered = reply.predecessorId && (await this.#remembered(question, reply));
    if (remembered) await this.again("regenerate", { timeline, place, reply: remembered, person: author });
    else this.answer(question);
  }

  /**
   * Answers a message that was changed: its newest reply again in its place. Where it is no longer a question, or the bot no
   * longer knows that reply, all that answered it is forgotten with it, and it is answered as a new one. Throws as `again` does.
   */
  async answerEdited(question: AskedMessage): Promise<void> {
    const { timeline, place, message, author } = question;
    const meaning = meaningOf(message.text, place.isDirect);
    const reply = timeline.replyTo(message.id);
    // What people change among themselves is nothing to the bot.
    if (reply === undefined && meaning.type === "nothing") return;
    const isQuestion = meaning.type === "question" && !reply?.isCompared;
    const remembered = isQuestion ? await this.#stopped({ timeline, place, person: author }, reply) : undefined;
    if (!isQuestion || remembered === undefined) {
      await this.#forgetReplies(question);
      return this.answer(question);
    }
    await this.#options.bot.handleEdit({ place, messageId: message.id, text: meaning.text });
    await this.again("regenerate", { timeline, place, reply: remembered, person: author });
  }

  /** Goes on with a reply that an earlier process had begun, in the message that shows it or in a new one. */
  takeUp(timeline: Timeline, { place, messageId, author, replyId, handle = "" }: BegunReply): Reply {
    const asker = author ?? timeline.message(messageId)?.author ?? BOT;
    const begun = timeline.message(handle) ?? interruptedReply(timeline, messageId);
    const id = begun?.id ?? this.#post(timeline, { id: messageId, author: asker });
    const abort = new AbortController();
    const left = begun?.text ?? "";
    timeline.replace(id, { replyId, state: { type: "waiting" } });
    let onEnded: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      onEnded = resolve;
    });
    this.#hold({ timeline, place, messageId: id, abort, ended });
    return this.#write({ timeline, messageId: id, signal: abort.signal, left, onEnded });
  }

  /** The word that stops what is being written, as everywhere: no command is needed. */
  async #stopEvery(question: AskedMessage): Promise<void> {
    const { timeline, place, author } = question;
    const live = timeline.messages().filter(({ state }) => isLive(state));
    const stops = live.map((reply) => this.stop({ timeline, place, reply, person: author }));
    const [first = { status: "rejected" }] = await Promise.allSettled(stops);
    if (first.status === "rejected") this.#commands.answerAs(question, NOTHING_TO_STOP);
  }

  /** Stops a reply, and gives it as it can be answered again; undefined where it cannot. */
  async #stopped(at: Omit<PressedReply, "reply">, reply: KeptMessage | undefined): Promise<KeptMessage | undefined> {
    if (reply === undefined) return undefined;
    await this.stop({ ...at, reply });
    await this.#open.get(reply.id)?.ended;
    return await this.#remembered(at, at.timeline.message(reply.id));
  }

  /** A reply that can be answered again, under the name by which the bot remembers it. */
  async #remembered({ place }: Spot, reply: KeptMessage | undefined): Promise<KeptMessage | undefined> {
    for (const replyId of [reply?.replyId, reply?.predecessorId])
      if (reply && replyId !== undefined && (await this.#options.bot.canAnswerAgain(place, replyId)))
        return { ...reply, replyId };
    return undefined;
  }

  /** What answered a message goes, from the page and from the bot's memory. */
  async #forgetReplies({ timeline, place, message }: AskedMessage): Promise<void> {
    const replies = timeline.messages().filter(({ answers }) => answers?.messageId === message.id);
    if (replies.length === 0) return;
    await this.#options.bot.handleDeletion({ place, ids: [message.id] });
    await Promise.all(replies.map(({ id }) => this.#open.get(id)?.ended));
    for (const { id } of replies) timeline.remove(id);
    await this.#commands.publishHead({ timeline, place });
  }

  #reply(question: AskedMessage): void {
    const { bot, workspaceName } = this.#options;
    const { timeline, place, message, author } = question;
    const abort = new AbortController();
    const id = this.#post(timeline, message);
    // Who asks is what the timeline does not know.
    const event = { eventId: `web:${id}`, messageId: message.id, place, raw: JSON.stringify({ author }) };
    const startReply = async (replyId: string) => {
      timeline.replace(id, { replyId });
      return this.#write({ timeline, messageId: id, signal: abort.signal });
    };
    const incoming = incomingMessage(question, workspaceName);
    const ended = bot.receive(event, (claimed) => claimed.answer(incoming, startReply));
    this.#hold({ timeline, place, messageId: id, abort, ended });
  }

  #beginCompared({ timeline, place, message }: AskedMessage, replyId: string, ended: Promise<unknown>): Reply {
    const abort = new AbortController();
    const messageId = this.#post(timeline, message, true);
    timeline.replace(messageId, { replyId });
    this.#hold({ timeline, place, messageId, abort, ended });
    return this.#write({ timeline, messageId, signal: abort.signal });
  }

  /** The reply takes its place at once, so that nothing jumps when its first word comes. */
  #post(timeline: Timeline, { id, author }: Pick<ChatMessage, "id" | "author">, isCompared = false): string {
    const answers = { messageId: id, authorName: author.name };
    const reply = { id: randomUUID(), author: BOT, text: "", answers, state: { type: "waiting" } } as const;
    return timeline.post({ ...reply, ...(isCompared && { isCompared }) }, this.#options.now()).id;
  }

  #write(options: Omit<WebReplyOptions, "stoppedBy" | "onLeave">): Reply {
    const { messageId } = options;
    const stoppedBy = () => this.#open.get(messageId)?.stoppedBy;
    return createWebReply({ ...options, stoppedBy, onLeave: () => this.#left.add(messageId) });
  }

  #hold({ timeline, place, messageId, abort, ended }: StartingReply): void {
    const reply = { channelId: timeline.channelId, abort, ended };
    this.#open.hold(messageId, reply, async () => {
      this.#settle(timeline, messageId);
      await this.#commands.publishHead({ timeline, place });
    });
  }

  /** A reply that was never begun was not to be given, as to somebody who was just told why. */
  #settle(timeline: Timeline, messageId: string): void {
    const { state, replyId } = timeline.message(messageId) ?? {};
    const isLeft = this.#left.delete(messageId);
    if (!isLive(state) || isLeft) return;
    const reason = "Something went wrong on the chat server. Its log says what.";
    if (replyId === undefined) timeline.remove(messageId);
    else timeline.setState(messageId, { type: "failed", reason });
  }
}

function interruptedReply(timeline: Timeline, messageId: string): KeptMessage | undefined {
  const reply = timeline.replyTo(messageId);
  return reply?.state?.type === "interrupted" ? reply : undefined;
}

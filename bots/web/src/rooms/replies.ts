import { randomUUID } from "node:crypto";
import type { Place } from "@cria/bot-core";
import type { Bot } from "../bot.ts";
import { WebError } from "../errors.ts";
import { BOT, type ChatMessage, isLive, type Person } from "../wire.ts";
import type { EventFeed } from "./event-feed.ts";
import { takeMention } from "./mention.ts";
import type { Timeline } from "./timeline.ts";
import { createWebReply } from "./web-reply.ts";

/** Replies that may be under way in one channel; they are written one after another, so more would wait for minutes. */
export const MAX_LIVE_REPLIES = 20;

export interface RepliesOptions {
  readonly bot: Bot;
  readonly feed: EventFeed;
  readonly now: () => number;
}

/** A message in its channel. */
interface Question {
  readonly timeline: Timeline;
  readonly place: Place;
  readonly message: ChatMessage;
}

interface RunningReply {
  readonly channelId: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Hands messages and commands to the bot and holds the replies under way. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #running = new Map<string, RunningReply>();

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
  answer(question: Question): void {
    const { message, place } = question;
    const text = takeMention(message.text) ?? (place.isDirect || isCommand(message.text) ? message.text : undefined);
    if (text === undefined) return;
    if (isCommand(text)) this.#answerCommand(question, text);
    else this.#reply(question, text);
  }

  stop(replyId: string): void {
    this.#running.get(replyId)?.abort.abort();
  }

  async stopAll(): Promise<void> {
    for (const reply of this.#running.values()) reply.abort.abort();
    await Promise.all([...this.#running.values()].map((reply) => reply.ended));
  }

  /** Sets the model of a channel and says so there. */
  async setModel(choice: { timeline: Timeline; place: Place; person: Person; name: string }): Promise<void> {
    const { timeline, place, person, name } = choice;
    const command = { type: "model", name } as const;
    const answer = await this.#options.bot.handleCommand({ eventId: randomUUID(), place, author: person, command });
    timeline.post({ id: randomUUID(), author: BOT, text: answer }, this.#options.now());
    await this.#publishHead(timeline, place);
  }

  #reply(question: Question, text: string): void {
    const { timeline, place, message } = question;
    const abort = new AbortController();
    const answers = { messageId: message.id, authorName: message.author.name };
    // The reply takes its place at once, so that nothing jumps when its first word comes.
    const { id } = timeline.post(
      { id: randomUUID(), author: BOT, text: "", answers, state: { type: "waiting" } },
      this.#options.now(),
    );
    const reply = createWebReply(timeline, id, abort.signal);
    const incoming = { eventId: `web:${id}`, place, author: message.author, text };
    const ended = this.#options.bot.handleMessage(incoming, async () => reply).then(() => this.#onEnded(question, id));
    this.#running.set(id, { channelId: timeline.channelId, abort, ended });
  }

  async #onEnded({ timeline, place }: Question, replyId: string): Promise<void> {
    this.#running.delete(replyId);
    if (isLive(timeline.message(replyId)?.state))
      timeline.setState(replyId, {
        type: "failed",
        reason: "Something went wrong on the chat server. Its log says what.",
      });
    await this.#publishHead(timeline, place);
  }

  #answerCommand(question: Question, text: string): void {
    const parsed = this.#options.bot.parseCommand(text);
    if (parsed.type === "fault") {
      this.#say(question, parsed.sentence);
      return;
    }
    const { place, message, timeline } = question;
    const command = { eventId: randomUUID(), place, author: message.author, command: parsed.command };
    void this.#options.bot.handleCommand(command).then((answer) => {
      this.#say(question, answer);
      return this.#publishHead(timeline, place);
    });
  }

  #say({ timeline, message }: Question, text: string): void {
    const answers = { messageId: message.id, authorName: message.author.name };
    timeline.post({ id: randomUUID(), author: BOT, text, answers }, this.#options.now());
  }

  async #publishHead(timeline: Timeline, place: Place): Promise<void> {
    const head = await this.#options.bot.head(place);
    this.#options.feed.publish({ type: "head", channelId: timeline.channelId, head }, timeline.audience);
  }
}

function isCommand(text: string): boolean {
  return text.startsWith("/");
}

import type { FeedbackRating } from "@cria/bot-core";
import type { Logger } from "pino";
import type { EventFeed } from "../feed/event-feed.ts";
import { BOT, type ChatMessage, isLive, type ReplyState } from "../wire.ts";
import { type KeptMessage, seenBy, withVersion } from "./kept-message.ts";
import { TIMELINE_CAPACITY, type TimelineStore } from "./timeline-store.ts";

/** A reply is written down at most this often while it streams; a crash loses no more of it. */
const SAVE_INTERVAL_MS = 1_000;
/** The bot takes up what a dead server left about twenty seconds after its death; what it has not by then, it will not. */
const RECOVERY_LIMIT_MS = 30_000;
/** How long a store that failed is left alone. */
const RETRY_INTERVAL_MS = 5_000;

export interface TimelineOptions {
  readonly channelId: string;
  /** The only person who may see it; absent in a channel for all. */
  readonly audience?: string;
  readonly store: TimelineStore;
  readonly feed: EventFeed;
  readonly logger: Logger;
}

/** The messages of one channel: changes them, tells the open pages, and writes them down. */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #messages = new Map<string, KeptMessage>();
  readonly #unsaved = new Set<string>();
  #saving: Promise<void> = Promise.resolve();
  #saveTimer: NodeJS.Timeout | undefined;
  #recoveryTimer: NodeJS.Timeout | undefined;
  #lastAtMs = 0;
  #isDiscarded = false;
  /** Whether the store did not take what it was given last: that is told once. */
  #isStoreAway = false;

  private constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /**
   * Reads what is written down. Replies that a stopped server left unfinished are marked so, and as failed if nobody has
   * taken them up within half a minute.
   */
  static async open(options: TimelineOptions): Promise<Timeline> {
    const timeline = new Timeline(options);
    for (const message of await options.store.messages(options.channelId)) {
      timeline.#messages.set(message.id, interrupted(message));
      timeline.#lastAtMs = Math.max(timeline.#lastAtMs, message.atMs);
    }
    if (timeline.numLiveReplies() > 0)
      timeline.#recoveryTimer = setTimeout(() => timeline.#giveUpInterrupted(), RECOVERY_LIMIT_MS).unref();
    return timeline;
  }

  get channelId(): string {
    return this.#options.channelId;
  }

  /** The only person who may see it; undefined: all. */
  get audience(): string | undefined {
    return this.#options.audience;
  }

  /** Oldest first. */
  messages(): readonly KeptMessage[] {
    return [...this.#messages.values()];
  }

  /** As a person sees them, with their own ratings. Oldest first. */
  messagesFor(personId: string): readonly ChatMessage[] {
    return this.messages().map((message) => seenBy(message, personId));
  }

  message(id: string): KeptMessage | undefined {
    return this.#messages.get(id);
  }

  /** Replies that are still being made. */
  numLiveReplies(): number {
    return this.messages().filter((message) => isLive(message.state)).length;
  }

  /** Adds a message; the clock's time is raised where two would share a millisecond. */
  post(message: Omit<KeptMessage, "atMs" | "ratings">, nowMs: number): KeptMessage {
    this.#lastAtMs = Math.max(nowMs, this.#lastAtMs + 1);
    const posted = { ...message, atMs: this.#lastAtMs };
    this.#messages.set(posted.id, posted);
    this.#dropOldest();
    this.#publish({ type: "message", channelId: this.channelId, message: seenBy(posted) });
    this.#save(posted.id, 0);
    return posted;
  }

  append(id: string, text: string): void {
    const message = this.#messages.get(id);
    if (message === undefined || text === "") return;
    this.#messages.set(id, { ...message, text: message.text + text });
    this.#publish({ type: "append", channelId: this.channelId, messageId: id, offset: message.text.length, text });
    this.#save(id, SAVE_INTERVAL_MS);
  }

  /** Changes a message as a whole, as its text when it is edited. Another reply in its place has no ratings yet. */
  replace(id: string, change: Partial<KeptMessage>): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    const isAnother = change.replyId !== undefined && change.replyId !== message.replyId;
    this.#change({ ...message, ...(isAnother && { ratings: {} }), ...change });
  }

  /** Makes a reply anew in its place; what it said stays beside it. */
  renew(id: string, ids: Pick<KeptMessage, "replyId" | "predecessorId">): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    const versions = withVersion(message);
    const kept = versions.length > 0 ? { versions } : {};
    this.replace(id, { ...ids, text: "", state: { type: "waiting" }, ...kept });
  }

  /** Puts a reply back as it was before it was made anew. */
  putBack(before: KeptMessage): void {
    if (this.#messages.has(before.id)) this.#change(before);
  }

  /** Takes back a message that came to nothing. */
  remove(id: string): void {
    if (!this.#messages.delete(id)) return;
    this.#publish({ type: "removed", channelId: this.channelId, messageId: id });
    this.#save(id, 0);
  }

  /** Keeps how a person rated a reply. Nobody else is told. */
  rate(id: string, personId: string, rating: FeedbackRating): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#messages.set(id, { ...message, ratings: { ...message.ratings, [personId]: rating } });
    this.#save(id, 0);
  }

  /** The newest reply to a message. */
  replyTo(messageId: string): KeptMessage | undefined {
    return this.messages().findLast(({ answers }) => answers?.messageId === messageId);
  }

  /** Moves a reply on; `text` is given where its end is not simply what was appended. */
  setState(id: string, state: ReplyState, text?: string): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#messages.set(id, { ...message, state, text: text ?? message.text });
    const changed = text === undefined || text === message.text ? {} : { text };
    this.#publish({ type: "state", channelId: this.channelId, messageId: id, state, ...changed });
    this.#save(id, isLive(state) ? SAVE_INTERVAL_MS : 0);
  }

  /** Tries at once to write everything down. Resolves to how many messages the store did not take; they are tried again later. */
  async flush(): Promise<number> {
    this.#startSaving();
    await this.#saving;
    return this.#unsaved.size;
  }

  /** Ends a timeline that is no longer held, after one more try to write everything down; what the store did not take is logged. */
  async close(): Promise<void> {
    clearTimeout(this.#recoveryTimer);
    const numLeft = await this.flush();
    const { logger } = this.#options;
    if (numLeft > 0) logger.error({ channelId: this.channelId, numLeft }, "messages were not written down at the end");
  }

  /** Ends a timeline that is to be forgotten: nothing more is written down or told. */
  async discard(): Promise<void> {
    this.#isDiscarded = true;
    clearTimeout(this.#recoveryTimer);
    clearTimeout(this.#saveTimer);
    this.#messages.clear();
    this.#unsaved.clear();
    await this.#saving;
  }

  #giveUpInterrupted(): void {
    const reason = "The chat server stopped while this was being written.";
    for (const { id, state } of this.messages())
      if (state?.type === "interrupted") this.setState(id, { type: "failed", reason });
  }

  #change(message: KeptMessage): void {
    this.#messages.set(message.id, message);
    this.#publish({ type: "message", channelId: this.channelId, message: seenBy(message) });
    this.#save(message.id, 0);
  }

  #publish(event: Parameters<EventFeed["publish"]>[0]): void {
    if (!this.#isDiscarded) this.#options.feed.publish(event, this.#options.audience);
  }

  #dropOldest(): void {
    if (this.#messages.size <= TIMELINE_CAPACITY) return;
    const [oldest] = this.#messages.keys();
    this.#messages.delete(oldest!);
    this.#unsaved.delete(oldest!);
  }

  #save(id: string, delayMs: number): void {
    if (this.#isDiscarded) return;
    this.#unsaved.add(id);
    if (delayMs === 0) this.#startSaving();
    else this.#saveTimer ??= setTimeout(() => this.#startSaving(), delayMs);
  }

  #startSaving(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.#saving = this.#saving.then(() => this.#saveAll());
  }

  async #saveAll(): Promise<void> {
    try {
      for (const id of [...this.#unsaved]) await this.#saveOne(id);
      this.#noteStore();
    } catch (error) {
      this.#noteStore(error);
      this.#saveTimer ??= setTimeout(() => this.#startSaving(), RETRY_INTERVAL_MS).unref();
    }
  }

  /** Tells the log when the store begins to fail and when it is back. */
  #noteStore(error?: unknown): void {
    const { logger, channelId } = this.#options;
    const isAway = error !== undefined;
    if (isAway === this.#isStoreAway) return;
    this.#isStoreAway = isAway;
    if (isAway) logger.warn({ err: error, channelId }, "could not write a message down; it is tried again");
    else logger.info({ channelId }, "messages are written down again");
  }

  async #saveOne(id: string): Promise<void> {
    const message = this.#messages.get(id);
    if (message === undefined) await this.#options.store.remove(this.channelId, id);
    else await this.#options.store.put(this.channelId, message);
    // What changed meanwhile is another object, not written down yet.
    if (this.#messages.get(id) === message) this.#unsaved.delete(id);
  }
}

function interrupted(message: KeptMessage): KeptMessage {
  if (message.author.id !== BOT.id || !isLive(message.state)) return message;
  return { ...message, state: { type: "interrupted" } };
}

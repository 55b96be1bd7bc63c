import { randomUUID } from "node:crypto";
import { channelOfThread, conversationKey } from "../conversation/conversation-key.ts";
import type { NewEntry } from "../conversation/inbox.ts";
import type { ReplySignal } from "../conversation/signals.ts";

/** Why a reply ends before the model's own end. */
export type RunningEnd =
  /** Somebody pressed Stop. */
  | "stopped"
  /** The question is gone. */
  | "deleted"
  /** This process ends; another goes on. */
  | "released"
  /** Another process writes it. */
  | "taken"
  /** The store lost all that it knew of it. */
  | "lost";

/** Of base 36, so that ids sort by time until the year 5188. */
const TIME_LENGTH = 9;

/** A new reply id, as `mdl3k2x0q-8Jd03kQzT5s`: ids sort by when they were made, to the millisecond. */
export function newReplyId(): string {
  // The last 8 bytes of a UUID, 62 bits of them random: Node draws these ahead, and `randomBytes` from the system each time.
  const random = Buffer.from(randomUUID().slice(-17).replace("-", ""), "hex").toString("base64url");
  return `${Date.now().toString(36).padStart(TIME_LENGTH, "0")}-${random}`;
}

/** A reply that this process writes, from before the claim of its question to its end. */
export class RunningReply {
  readonly conversation: string;
  readonly replyId: string;
  readonly messageId: string;
  readonly #abort = new AbortController();
  #edit = new AbortController();
  #question: string | undefined;
  #isDeleted = false;

  readonly #isEditable: boolean;

  constructor({ place, replyId, messageId, kind }: NewEntry) {
    this.conversation = conversationKey(place);
    this.replyId = replyId;
    this.messageId = messageId;
    // The message of a comparison is a command around the question.
    this.#isEditable = kind !== "comparison";
  }

  /** Aborts when the reply ends early, with `end` as its reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The first reason to end early. */
  get end(): RunningEnd | undefined {
    return this.#abort.signal.reason;
  }

  /** Whether the question is gone, whatever ended the reply first. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Whether its question is this process's to answer no more. */
  get isAnothers(): boolean {
    return this.end === "released" || this.end === "taken";
  }

  /** The words of the question as they are now; "" where they are not known yet. */
  get question(): string {
    return this.#question ?? "";
  }

  /** The words as they were read; those of an edit that came first hold. */
  ask(text: string): void {
    this.#question ??= text.trim();
  }

  /** Aborts when the question is changed, until `takeEdit`. */
  get edited(): AbortSignal {
    return this.#edit.signal;
  }

  /** Whether the question was changed since it was last asked. From now on `edited` waits for the next change. */
  takeEdit(): boolean {
    const { aborted } = this.#edit.signal;
    if (aborted) this.#edit = new AbortController();
    return aborted;
  }

  /** Platforms tell of changes that leave the words as they are, as of a link's preview; nothing is no question. */
  edit(text: string): void {
    const question = text.trim();
    if (!this.#isEditable || question === "" || question === this.#question) return;
    this.#question = question;
    this.#edit.abort();
  }

  stop(reason: RunningEnd): void {
    this.#isDeleted ||= reason === "deleted";
    this.#abort.abort(reason);
  }
}

/** The replies that this process writes, and all work that is under way. */
export class RunningReplies {
  readonly #replies = new Set<RunningReply>();
  readonly #works = new Set<Promise<unknown>>();
  #isReleased = false;

  /** Runs `work`; `releaseAll` waits for it. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    const working = work();
    this.#works.add(working);
    return await working.finally(() => this.#works.delete(working));
  }

  /** Runs `work` with the replies known to signals. */
  async during<T>(replies: readonly RunningReply[], work: () => Promise<T>): Promise<T> {
    for (const reply of replies) this.#replies.add(reply);
    if (this.#isReleased) for (const reply of replies) reply.stop("released");
    return await this.track(work).finally(() => {
      for (const reply of replies) this.#replies.delete(reply);
    });
  }

  /** Leaves all to another process, those that come from now on too. Resolves when this one writes none any more. */
  async releaseAll(): Promise<void> {
    this.#isReleased = true;
    for (const reply of this.#replies) reply.stop("released");
    await Promise.allSettled(this.#works);
  }

  /** Hears what happened, and tells the replies that it concerns. */
  hear(signal: ReplySignal): void {
    for (const reply of this.#replies) if (concerns(signal, reply)) tell(reply, signal);
  }
}

function concerns(signal: ReplySignal, { conversation, replyId, messageId }: RunningReply): boolean {
  const isInThread =
    signal.type === "stop" && signal.inThreads && channelOfThread(conversation) === signal.conversation;
  if (signal.conversation !== conversation && !isInThread) return false;
  if (signal.type === "stop") return signal.replyId === undefined || signal.replyId === replyId;
  if (signal.type === "edit") return signal.messageId === messageId;
  return signal.ids.includes(messageId) || signal.ids.includes(replyId);
}

function tell(reply: RunningReply, signal: ReplySignal): void {
  if (signal.type === "edit") reply.edit(signal.text);
  else reply.stop(signal.type === "stop" ? "stopped" : "deleted");
}

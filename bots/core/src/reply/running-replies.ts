import type { ReplySignal } from "../conversation/signals.ts";
import { BotError } from "../port/bot-error.ts";

const DELETED = new Error("the question was deleted");
const EDITED = new Error("the question was changed");
const STOPPED = new Error("someone pressed Stop");
const LEFT = new Error("another process goes on");
/** As people are told where no other process goes on. */
const LOST = new BotError("INTERNAL", "I was held up for so long that others had their turn. Ask again.");

/** Which reply it is, and to what. */
export interface RunningReplyOptions {
  readonly conversation: string;
  readonly replyId: string;
  readonly messageId: string;
  /** The words of the question. */
  readonly question: string;
}

/** A reply that this process writes. */
export class RunningReply {
  readonly #abort = new AbortController();
  #edit = new AbortController();
  #question: string;
  #isDeleted = false;
  readonly conversation: string;
  readonly replyId: string;
  readonly messageId: string;

  constructor({ conversation, replyId, messageId, question }: RunningReplyOptions) {
    this.conversation = conversation;
    this.replyId = replyId;
    this.messageId = messageId;
    this.#question = question.trim();
  }

  /** The words of the question as they are now. */
  get question(): string {
    return this.#question;
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
    if (question === "" || question === this.#question) return;
    this.#question = question;
    this.#edit.abort(EDITED);
  }

  /** Aborts when someone stops the reply or its question is deleted. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether the question is gone, so that nothing of it is remembered. */
  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Whether it is left to another process, so that it does not end here. */
  get isLeft(): boolean {
    return this.#abort.signal.reason === LEFT;
  }

  /** Whether its turn is another's, so that another process may have taken it for abandoned. */
  get isLost(): boolean {
    return this.#abort.signal.reason === LOST;
  }

  /** Leaves it to another process, unless it was stopped and ends anyway. */
  leave(): void {
    this.#abort.abort(LEFT);
  }

  lose(): void {
    this.#abort.abort(LOST);
  }

  stop(): void {
    this.#abort.abort(STOPPED);
  }

  /** The question is gone. */
  delete(): void {
    this.#isDeleted = true;
    this.#abort.abort(DELETED);
  }
}

/** The replies that this process writes. */
export class RunningReplies {
  readonly #replies = new Set<RunningReply>();
  readonly #works = new Set<Promise<void>>();
  #areLeft = false;

  /** Runs `work` with the replies known to signals. */
  async during(replies: readonly RunningReply[], work: () => Promise<void>): Promise<void> {
    for (const reply of replies) this.#replies.add(reply);
    if (this.#areLeft) for (const reply of replies) reply.leave();
    const working = work();
    this.#works.add(working);
    try {
      await working;
    } finally {
      this.#works.delete(working);
      for (const reply of replies) this.#replies.delete(reply);
    }
  }

  /** Leaves all to another process, those that come from now on too. Resolves when this one writes none any more. */
  async leaveAll(): Promise<void> {
    this.#areLeft = true;
    for (const reply of this.#replies) reply.leave();
    await Promise.allSettled(this.#works);
  }

  /** Hears what happened, and tells the replies that it concerns. */
  hear(signal: ReplySignal): void {
    for (const reply of this.#replies) if (concerns(signal, reply)) tell(reply, signal);
  }
}

function concerns(signal: ReplySignal, { conversation, replyId, messageId }: RunningReply): boolean {
  if (signal.conversation !== conversation) return false;
  if (signal.type === "stop") return signal.replyId === undefined || signal.replyId === replyId;
  return signal.messageId === messageId;
}

function tell(reply: RunningReply, signal: ReplySignal): void {
  if (signal.type === "edit") reply.edit(signal.text);
  else if (signal.type === "deletion") reply.delete();
  else reply.stop();
}

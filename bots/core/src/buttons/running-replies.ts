import type { ReplySignal } from "./reply-signal.ts";

/** Why a reply was stopped whose question is gone: nothing of it is remembered. */
export const DELETED = new Error("the question was deleted");
const STOPPED = new Error("someone pressed Stop");

/** A reply that this process writes. */
export class RunningReply {
  readonly #abort = new AbortController();
  readonly conversation: string;
  readonly replyId: string;
  readonly messageId: string;
  /** The question's text since it was edited; undefined while it was not. */
  editedText: string | undefined;

  constructor(conversation: string, replyId: string, messageId: string) {
    this.conversation = conversation;
    this.replyId = replyId;
    this.messageId = messageId;
  }

  /** Aborts when someone stops the reply or its question is deleted. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  stop(reason: Error): void {
    this.#abort.abort(reason);
  }
}

/** The replies that this process writes. */
export class RunningReplies {
  readonly #replies = new Map<string, RunningReply>();

  /** Runs `work` with the reply known to signals. */
  async during<T>(reply: RunningReply, work: () => Promise<T>): Promise<T> {
    this.#replies.set(reply.replyId, reply);
    try {
      return await work();
    } finally {
      this.#replies.delete(reply.replyId);
    }
  }

  /** Hears what happened, and tells the replies that it concerns. */
  hear(signal: ReplySignal): void {
    for (const reply of this.#replies.values()) if (concerns(signal, reply)) tell(reply, signal);
  }
}

function concerns(signal: ReplySignal, { conversation, replyId, messageId }: RunningReply): boolean {
  if (signal.conversation !== conversation) return false;
  if (signal.type === "stop") return signal.replyId === undefined || signal.replyId === replyId;
  return signal.messageId === messageId;
}

function tell(reply: RunningReply, signal: ReplySignal): void {
  if (signal.type === "edit") reply.editedText = signal.text;
  else reply.stop(signal.type === "deletion" ? DELETED : STOPPED);
}

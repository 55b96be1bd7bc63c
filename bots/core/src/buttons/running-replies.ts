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

  /** Hears what happened; concerns a reply of this process or none. */
  hear(signal: ReplySignal): void {
    if (signal.type === "stop") for (const reply of this.#named(signal)) reply.stop(STOPPED);
    else for (const reply of this.#answering(signal)) tell(reply, signal);
  }

  #named({ conversation, replyId }: ReplySignal & { type: "stop" }): readonly RunningReply[] {
    if (replyId !== undefined) return [this.#replies.get(replyId) ?? []].flat();
    return [...this.#replies.values()].filter((reply) => reply.conversation === conversation);
  }

  #answering({ conversation, messageId }: ReplySignal & { messageId: string }): readonly RunningReply[] {
    const replies = [...this.#replies.values()];
    return replies.filter((reply) => reply.messageId === messageId && reply.conversation === conversation);
  }
}

function tell(reply: RunningReply, signal: Exclude<ReplySignal, { type: "stop" }>): void {
  if (signal.type === "deletion") reply.stop(DELETED);
  else reply.editedText = signal.text;
}

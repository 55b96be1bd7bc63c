import type { ReplySignal } from "../conversation/signals.ts";
import type { RunningReply } from "./running-reply.ts";

/** The replies that this process writes, and all work that is under way. */
export class RunningReplies {
  readonly #replies = new Set<RunningReply>();
  readonly #works = new Set<Promise<unknown>>();
  #isReleased = false;

  /** Whether this process begins nothing any more. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

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
  if (signal.conversation !== conversation) return false;
  if (signal.type === "stop") return signal.replyId === undefined || signal.replyId === replyId;
  if (signal.type === "edit") return signal.messageId === messageId;
  return signal.ids.includes(messageId) || signal.ids.includes(replyId);
}

function tell(reply: RunningReply, signal: ReplySignal): void {
  if (signal.type === "edit") reply.edit(signal.text);
  else reply.stop(signal.type === "stop" ? "stopped" : "deleted");
}

import type { EndedReply } from "./fault-bench.ts";

/** Looks at the replies again and again: one that has ended is not to change any more. */
export class ReplyWatch {
  readonly #endedReplies: () => readonly (readonly EndedReply[])[];
  readonly #firstShown = new Map<string, string>();
  readonly #overwritten = new Set<string>();
  #numbers: readonly number[] = [];

  /** Is told the ended replies of each question. */
  constructor(endedReplies: () => readonly (readonly EndedReply[])[]) {
    this.#endedReplies = endedReplies;
  }

  look(): this {
    const questions = this.#endedReplies();
    this.#numbers = questions.map((replies) => replies.length);
    const shown = new Map(questions.flat().map((reply) => [reply.id, reply.shown]));
    for (const [id, first] of this.#firstShown) if (shown.get(id) !== first) this.#overwritten.add(id);
    for (const [id, now] of shown) if (!this.#firstShown.has(id)) this.#firstShown.set(id, now);
    return this;
  }

  get numAnswered(): number {
    return this.#numbers.filter((replies) => replies > 0).length;
  }

  get numUnanswered(): number {
    return this.#numbers.filter((replies) => replies === 0).length;
  }

  get numAnsweredTwice(): number {
    return this.#numbers.filter((replies) => replies > 1).length;
  }

  /** Replies that had ended and were changed, taken away or begun anew. */
  get numOverwritten(): number {
    return this.#overwritten.size;
  }
}

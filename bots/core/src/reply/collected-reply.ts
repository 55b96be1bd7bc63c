import type { Reply, ReplyEnd, ReplyStats } from "../port/reply.ts";
import { endLine, statsLine } from "../text/reply-lines.ts";

/** A reply that is shown when it has ended, as one text. */
export class CollectedReply implements Reply {
  readonly signal = new AbortController().signal;
  #text = "";

  /** The reply with how it ended and its figures below it. */
  get text(): string {
    return this.#text;
  }

  async status(): Promise<void> {}

  async append(text: string): Promise<void> {
    this.#text += text;
  }

  async finish(end: ReplyEnd, text: string, stats: ReplyStats | undefined): Promise<void> {
    const facts = [endLine(end), stats && statsLine(stats)].filter((fact) => fact !== undefined);
    this.#text = facts.length === 0 ? text : `${text}\n\n*${facts.join(" · ")}*`;
  }

  async fail(reason: string): Promise<void> {
    this.#text = this.#text === "" ? reason : `${this.#text}\n\n${reason}`;
  }
}

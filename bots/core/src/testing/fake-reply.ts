import type { Reply, ReplyButtons, ReplyEnd, ReplyFacts, ReplyStats, ReplyStatus } from "../port/reply.ts";

/** A reply that keeps what it was told. */
export class FakeReplyHandle implements Reply {
  readonly #stop = new AbortController();
  readonly statuses: ReplyStatus[] = [];
  /** What its buttons name it by; set by whoever starts it. */
  id = "";
  /** What whoever starts it was told. */
  facts: ReplyFacts | undefined;
  /** Whether another process goes on. */
  isLeft = false;
  handle: string | undefined;
  shownIn: readonly string[] = [];
  /** What was appended, joined. */
  text = "";
  /** How it ended; undefined while it has not. */
  ended:
    | {
        readonly type: "finished";
        readonly end: ReplyEnd;
        readonly text: string;
        readonly stats: ReplyStats | undefined;
      }
    | { readonly type: "failed"; readonly reason: string }
    | undefined;
  /** Which buttons stand under it; undefined while it has not ended. */
  buttons: ReplyButtons | undefined;
  /** Called after each append, as to press Stop. */
  onAppend: (text: string) => void = () => undefined;

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort();
  }

  async status(status: ReplyStatus): Promise<void> {
    this.#checkOpen("status");
    this.statuses.push(status);
  }

  async append(text: string): Promise<void> {
    this.#checkOpen("append");
    this.text += text;
    this.onAppend(this.text);
  }

  async clear(): Promise<void> {
    this.#checkOpen("clear");
    this.text = "";
  }

  async finish(
    end: ReplyEnd,
    text: string,
    stats: ReplyStats | undefined,
    buttons: ReplyButtons = "all",
  ): Promise<void> {
    this.#checkOpen("finish");
    this.buttons = buttons;
    this.ended = { type: "finished", end, text, stats };
  }

  async leave(): Promise<void> {
    this.#checkOpen("leave");
    this.isLeft = true;
  }

  async fail(reason: string, buttons: ReplyButtons = "all"): Promise<void> {
    this.#checkOpen("fail");
    this.buttons = buttons;
    this.ended = { type: "failed", reason };
  }

  #checkOpen(call: string): void {
    if (this.ended) throw new Error(`${call} after the reply had ${this.ended.type}`);
  }
}

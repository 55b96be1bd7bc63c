import type { Reply } from "@cria/bot-core";

/** A reply that keeps its text and costs nothing to show. */
export class RecordedReply implements Reply {
  readonly signal = new AbortController().signal;
  text = "";
  /** The whole text, or why it failed; undefined until it ended. */
  ended: string | undefined;

  async status(): Promise<void> {}

  async append(text: string): Promise<void> {
    this.text += text;
  }

  async finish(_end: unknown, text: string): Promise<void> {
    this.ended = text;
  }

  async fail(reason: string): Promise<void> {
    this.ended = `failed: ${reason}`;
  }
}

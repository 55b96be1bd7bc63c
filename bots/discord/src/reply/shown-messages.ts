/** The oldest are forgotten. */
const MAX_KEPT = 10_000;

/** The messages of the replies that this process writes, so that it knows what becomes of them. */
export class ShownMessages {
  readonly #replyIds = new Map<string, string>();

  add(messageId: string, replyId: string): void {
    const [oldest] = this.#replyIds.keys();
    if (this.#replyIds.size >= MAX_KEPT) this.#replyIds.delete(oldest!);
    this.#replyIds.set(messageId, replyId);
  }

  /** Before this process takes a message away itself. */
  delete(messageId: string): void {
    this.#replyIds.delete(messageId);
  }

  /** Id of the reply that a message is part of. */
  replyIn(messageId: string): string | undefined {
    return this.#replyIds.get(messageId);
  }
}

/** The text of a reply as it streams in, blank space at its two ends left out. */
export class ReplyText {
  readonly #isContinuation: boolean;
  #raw = "";
  #shown = "";
  #held = "";

  /** A continuation keeps the blank space that parts it from what it goes on with. */
  constructor({ isContinuation = false }: { readonly isContinuation?: boolean } = {}) {
    this.#isContinuation = isContinuation;
  }

  /** What people have seen so far. */
  get shown(): string {
    return this.#shown;
  }

  /** Forgets everything, for another try. */
  clear(): void {
    this.#raw = "";
    this.#shown = "";
    this.#held = "";
  }

  /** Adds a delta; returns what to show of it. Blank space waits until something follows. */
  push(delta: string): string {
    this.#raw += delta;
    const isStart = this.#shown === "" && !this.#isContinuation;
    const text = isStart ? delta.trimStart() : this.#held + delta;
    const visible = text.trimEnd();
    this.#held = text.slice(visible.length);
    this.#shown += visible;
    return visible;
  }

  /** The whole reply: the first `length` UTF-16 code units of all deltas, which leaves a repeated loop out. */
  end(length: number): string {
    const text = this.#raw.slice(0, length).trimEnd();
    return this.#isContinuation ? text : text.trimStart();
  }
}

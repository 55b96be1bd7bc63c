import { countWords, splitThoughts, ThoughtStream, type ThoughtTags } from "../text/thoughts.ts";

/** A reply at its end. */
export interface WholeReply {
  readonly text: string;
  /** What of it is still to be shown: it might have become a thought. */
  readonly rest: string;
  /** Words of what the model thought before it said that; 0 where it did not. */
  readonly thoughtWords: number;
}

/** The text of a reply as it streams in, thoughts and the blank space at its two ends left out. */
export class ReplyText {
  readonly #isContinuation: boolean;
  #opened: ThoughtTags | undefined;
  #stream = new ThoughtStream();
  #raw = "";
  #visible = "";
  #held = "";

  /** A continuation keeps the blank space that parts it from what it goes on with. */
  constructor({ isContinuation = false }: { readonly isContinuation?: boolean } = {}) {
    this.#isContinuation = isContinuation;
  }

  /** Whether people have seen some of it. */
  get hasShown(): boolean {
    return this.#visible !== "";
  }

  /** What it says so far: what people have seen, unless that turned out to be thought. */
  get shown(): string {
    return this.#trim(this.#stream.text);
  }

  /** Whether the model thinks now. */
  get isThinking(): boolean {
    return this.#raw !== "" && this.#stream.isThinking;
  }

  /** Forgets everything, for another try; `opened` are the tags of a thought that the prompt begins. */
  clear(opened?: ThoughtTags): void {
    this.#opened = opened;
    this.#stream = new ThoughtStream(opened);
    this.#raw = "";
    this.#visible = "";
    this.#held = "";
  }

  /** Adds a delta; returns what to show of it. Blank space waits until something follows. */
  push(delta: string): string {
    this.#raw += delta;
    const said = this.#stream.push(delta);
    // What was shown before it turned out to be thought.
    if (this.hasShown && said !== "" && said === this.#stream.text) this.#held = "\n\n";
    const text = this.hasShown || this.#isContinuation ? this.#held + said : said.trimStart();
    const visible = text.trimEnd();
    this.#held = text.slice(visible.length);
    this.#visible += visible;
    return visible;
  }

  /** The whole: the first `length` UTF-16 code units of all deltas, which leaves a repeated loop out. */
  end(length: number): WholeReply {
    const { text: said, thoughts } = splitThoughts(this.#raw.slice(0, length), this.#opened);
    const text = this.#trim(said);
    const rest = text.startsWith(this.#visible) ? text.slice(this.#visible.length) : "";
    return { text, rest, thoughtWords: countWords(thoughts) };
  }

  #trim(text: string): string {
    return this.#isContinuation ? text.trimEnd() : text.trim();
  }
}

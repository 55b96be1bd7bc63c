import { type Fence, fenceAfter } from "./syntax/fences.ts";

/** What a model puts around what it thinks before it answers. */
export interface ThoughtTags {
  readonly opening: string;
  readonly closing: string;
}

/** DeepSeek, Qwen and most others; OpenThinker and Sky-T1; Magistral; Kimi; Seed. */
const TAGS: readonly ThoughtTags[] = [
  ...["think", "thinking", "thought", "reasoning", "seed:think"].map((name) => ({
    opening: `<${name}>`,
    closing: `</${name}>`,
  })),
  { opening: "<|begin_of_thought|>", closing: "<|end_of_thought|>" },
  { opening: "[THINK]", closing: "[/THINK]" },
  { opening: "◁think▷", closing: "◁/think▷" },
];
const ALL = TAGS.flatMap(({ opening, closing }) => [opening.toLowerCase(), closing.toLowerCase()]);
const TAG = new RegExp(ALL.map((tag) => tag.replace(/[[\]|]/g, "\\$&")).join("|"), "i");
const LONGEST = Math.max(...ALL.map((tag) => tag.length));

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/** What a model wrote, parted. */
export interface PartedText {
  readonly thoughts: string;
  /** What it says. */
  readonly text: string;
}

/**
 * Parts a whole reply into what the model thought and what it says. Inside code nothing is a thought. What stands before a
 * closing tag alone was thought; `opened` are the tags of a thought that the prompt began, from `thoughtBegun`.
 */
export function splitThoughts(text: string, opened?: ThoughtTags): PartedText {
  if (!opened && !TAG.test(text)) return { thoughts: "", text };
  const stream = new ThoughtStream(opened);
  stream.push(text);
  return stream.end();
}

/** The tags of a thought that a prompt's end begins for the model, as many templates do. */
export function thoughtBegun(promptEnd: string): ThoughtTags | undefined {
  const end = promptEnd.trimEnd().toLowerCase();
  return TAGS.find(({ opening }) => end.endsWith(opening.toLowerCase()));
}

/** Words of a text, in any script. */
export function countWords(text: string): number {
  let count = 0;
  for (const { isWordLike } of words.segment(text)) if (isWordLike) count++;
  return count;
}

/** As `splitThoughts`, of a reply that streams in. */
export class ThoughtStream {
  /** Of the thought that is open. */
  #open: ThoughtTags | undefined;
  /** The tag that began it, where it stood within a line. */
  #openedBy = "";
  #openedAt = 0;
  #thoughts = "";
  #hasThought: boolean;
  #text = "";
  #skipsBlank = false;
  /** What may be the beginning of a tag. */
  #rest = "";
  /** Of the text: the fence that is open, and the line not yet ended. */
  #fence: Fence | undefined;
  #line = "";
  /** Begins and ends of code spans in that line: runs of backticks. */
  #numSpanEdges = 0;

  constructor(opened?: ThoughtTags) {
    this.#open = opened;
    this.#hasThought = opened !== undefined;
  }

  /** Whether the model thinks now. */
  get isThinking(): boolean {
    return this.#open !== undefined;
  }

  /** What it says so far. */
  get text(): string {
    return this.#text;
  }

  /** Adds a delta; returns what is said in it. Said before a closing tag alone, it is in `text` no more. */
  push(delta: string): string {
    let said = "";
    this.#rest += delta;
    for (let match = TAG.exec(this.#rest); match; match = TAG.exec(this.#rest)) {
      const [tag] = match;
      said += this.#take(match.index);
      if (this.#turn(tag)) this.#rest = this.#rest.slice(tag.length);
      else said += this.#take(tag.length);
    }
    return said + this.#take(this.#rest.length - begunTagLength(this.#rest));
  }

  /** The whole. A thought that began within a line and never ended was none: the text speaks of the tag. */
  end(): PartedText {
    this.#take(this.#rest.length);
    const isThought = this.#open === undefined || this.#openedBy === "";
    if (isThought) return { thoughts: this.#thoughts, text: this.#text };
    const mentioned = this.#openedBy + this.#thoughts.slice(this.#openedAt);
    return { thoughts: this.#thoughts.slice(0, this.#openedAt), text: this.#text + mentioned };
  }

  /** Takes so much of the rest as thought or as text; returns what is said in it. */
  #take(length: number): string {
    const piece = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    if (!this.#open) return this.#say(piece);
    this.#thoughts += piece;
    return "";
  }

  #say(piece: string): string {
    const said = this.#skipsBlank ? piece.trimStart() : piece;
    this.#skipsBlank &&= said === "";
    this.#numSpanEdges += numRuns(said, this.#text);
    this.#text += said;
    this.#line += said;
    if (said.includes("\n")) this.#endLines();
    return said;
  }

  #endLines(): void {
    const lines = this.#line.split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#fence = fenceAfter(line, this.#fence);
    this.#numSpanEdges = numRuns(this.#line, "");
  }

  /** Begins or ends a thought at a tag; false where the tag does neither. */
  #turn(tag: string): boolean {
    const isTag = (other: string) => other.toLowerCase() === tag.toLowerCase();
    if (this.#open) {
      if (!isTag(this.#open.closing)) return false;
      this.#open = undefined;
    } else {
      if (this.#isInCode) return false;
      const tags = TAGS.find(({ opening }) => isTag(opening));
      if (!tags && this.#hasThought) return false;
      if (tags) this.#begin(tags, tag);
      else this.#takeBack();
    }
    this.#hasThought = true;
    this.#skipsBlank = /^$|\s$/.test(this.#text.slice(-1));
    return true;
  }

  #begin(tags: ThoughtTags, tag: string): void {
    if (this.#thoughts !== "") this.#thoughts += "\n";
    this.#open = tags;
    this.#openedBy = this.#line.trim() === "" ? "" : tag;
    this.#openedAt = this.#thoughts.length;
  }

  /** The reply began with a thought, and nothing had said so. */
  #takeBack(): void {
    this.#thoughts = this.#text;
    this.#text = "";
    this.#line = "";
    this.#numSpanEdges = 0;
  }

  get #isInCode(): boolean {
    return this.#fence !== undefined || this.#numSpanEdges % 2 === 1;
  }
}

/** Runs of backticks that begin in a text. */
function numRuns(text: string, before: string): number {
  const runs = text.match(/`+/g)?.length ?? 0;
  return text.startsWith("`") && before.endsWith("`") ? runs - 1 : runs;
}

/** Length of the end of a text that may become a tag. */
function begunTagLength(text: string): number {
  const end = text.slice(1 - LONGEST).toLowerCase();
  for (let start = 0; start < end.length; start++)
    if (ALL.some((tag) => tag.startsWith(end.slice(start)))) return end.length - start;
  return 0;
}

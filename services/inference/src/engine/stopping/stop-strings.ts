/** One stop string and how much of it the text ends with: Knuth, Morris and Pratt's automaton, a step a character. */
class StopString {
  readonly text: string;
  readonly #fallback: Int32Array;
  #matched = 0;

  constructor(text: string) {
    this.text = text;
    this.#fallback = fallbacks(text);
  }

  /** Longest beginning of the stop string that the text now ends with, in UTF-16 units. */
  push(unit: number): number {
    let matched = this.#matched;
    while (matched > 0 && this.text.charCodeAt(matched) !== unit) matched = this.#fallback[matched - 1]!;
    if (this.text.charCodeAt(matched) === unit) matched++;
    this.#matched = matched;
    return matched;
  }
}

function fallbacks(text: string): Int32Array {
  const table = new Int32Array(text.length);
  for (let i = 1, matched = 0; i < text.length; i++) {
    while (matched > 0 && text.charCodeAt(i) !== text.charCodeAt(matched)) matched = table[matched - 1]!;
    if (text.charCodeAt(i) === text.charCodeAt(matched)) matched++;
    table[i] = matched;
  }
  return table;
}

/** Text that may be sent, and the stop string that ended it. */
export interface StopScan {
  readonly text: string;
  readonly matched: string | undefined;
}

/**
 * Finds stop strings in a text that comes in pieces, wherever the borders fall. Holds back the longest end that could begin
 * one, so that no part of a stop string is ever sent. The one completed first wins; of several, the longest.
 */
export class StopStrings {
  readonly #stops: readonly StopString[];
  #held = "";
  /** Where units in it stand that are never sent. Nearly always empty. */
  #hidden: readonly number[] = [];
  #heldLength = 0;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "").map((stop) => new StopString(stop));
  }

  /** Reads the next piece. No call follows a match. */
  push(piece: string): StopScan {
    return this.#read(piece, this.#hidden);
  }

  /** Reads a piece that stop strings may hold but nobody is sent: a control token's text. No call follows a match. */
  pushHidden(piece: string): StopScan {
    const begin = this.#held.length;
    return this.#read(piece, [...this.#hidden, ...Array.from(piece.split(""), (_, i) => begin + i)]);
  }

  #read(piece: string, hidden: readonly number[]): StopScan {
    const text = this.#held + piece;
    for (let i = this.#held.length; i < text.length; i++) {
      const matched = this.#pushUnit(text.charCodeAt(i));
      if (matched !== undefined) return { text: without(hidden, text.slice(0, i + 1 - matched.length)), matched };
    }
    const sendable = text.length - this.#heldLength;
    this.#held = text.slice(sendable);
    this.#hidden = hidden.length === 0 ? hidden : hidden.map((at) => at - sendable).filter((at) => at >= 0);
    return { text: without(hidden, text.slice(0, sendable)), matched: undefined };
  }

  #pushUnit(unit: number): string | undefined {
    let complete: string | undefined;
    this.#heldLength = 0;
    for (const stop of this.#stops) {
      const length = stop.push(unit);
      if (length > this.#heldLength) this.#heldLength = length;
      if (length === stop.text.length && length > (complete?.length ?? 0)) complete = stop.text;
    }
    return complete;
  }

  /** What is held back, once no stop string can follow. */
  release(): string {
    const held = without(this.#hidden, this.#held);
    this.#held = "";
    this.#hidden = [];
    this.#heldLength = 0;
    return held;
  }
}

function without(hidden: readonly number[], text: string): string {
  if (hidden.length === 0) return text;
  return text
    .split("")
    .filter((_, at) => !hidden.includes(at))
    .join("");
}

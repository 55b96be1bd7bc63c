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
  #heldLength = 0;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "").map((stop) => new StopString(stop));
  }

  /** Reads the next piece. No call follows a match. */
  push(piece: string): StopScan {
    const text = this.#held + piece;
    for (let i = this.#held.length; i < text.length; i++) {
      const matched = this.#pushUnit(text.charCodeAt(i));
      if (matched !== undefined) return { text: text.slice(0, i + 1 - matched.length), matched };
    }
    const sendable = text.length - this.#heldLength;
    this.#held = text.slice(sendable);
    return { text: text.slice(0, sendable), matched: undefined };
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
    const held = this.#held;
    this.#held = "";
    this.#heldLength = 0;
    return held;
  }
}

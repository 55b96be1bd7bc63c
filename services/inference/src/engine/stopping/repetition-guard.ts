/** Longest unit that is recognised, in UTF-16 units: some six sentences. */
const MAX_UNIT = 512;
const MIN_OCCURRENCES = 4;
const MIN_LOOP = 240;
/** Rulers, blank table rows, indentation and zeros repeat by right: units without a letter must go on this many times longer. */
const LAYOUT_FACTOR = 4;

const LETTER = /\p{L}/u;
/** Where a text may well be cut, best first: after a paragraph, a sentence or line, before a space. With the next character. */
const BOUNDARIES = [/\n\n.$/su, /(?:[\n。！？]|[.!?…]["')\]*_]*\s).$|[.!?…]["')\]*_]*\s$/su, /\s$/u];

/**
 * Notices when the end of a reply runs in a loop. The rule: the text ends with one unit (of 1 to 512 UTF-16 units) at least 4
 * times in a row, and the loop is at least 240 long; four times that if the unit holds no letter. So a unit of "ha " may
 * come 79 times, a line of 24 nine times, a paragraph of 100 three times; a numbered list, whose lines differ, never counts.
 *
 * For each unit length p it counts how long the text has equalled itself p earlier: 512 comparisons a character, some
 * 5 µs a token, and nothing to search again.
 */
export class RepetitionGuard {
  #units = new Uint16Array(1024);
  #length = 0;
  readonly #runs = new Int32Array(MAX_UNIT + 1);

  /** Reads more of the reply; once it runs in a loop, the length to cut it to. No call follows then. */
  push(text: string): number | undefined {
    this.#reserve(this.#length + text.length);
    for (let i = 0; i < text.length; i++) {
      const unitLength = this.#pushUnit(text.charCodeAt(i));
      if (unitLength > 0) return this.#lengthWithoutLoop(unitLength);
    }
    return undefined;
  }

  /** Length of the unit the text now loops in, else 0. */
  #pushUnit(unit: number): number {
    const units = this.#units;
    const runs = this.#runs;
    const end = this.#length++;
    units[end] = unit;
    const longest = Math.min(MAX_UNIT, end);
    for (let p = 1; p <= longest; p++) {
      if (units[end - p] !== unit) runs[p] = 0;
      else if (++runs[p]! >= MIN_LOOP - p && this.#isLoop(p)) return p;
    }
    return 0;
  }

  #isLoop(p: number): boolean {
    const loop = this.#runs[p]! + p;
    const least = Math.max(MIN_LOOP, MIN_OCCURRENCES * p);
    if (loop < least) return false;
    return (
      loop >= LAYOUT_FACTOR * least || (loop === least && LETTER.test(this.#slice(this.#length - p, this.#length)))
    );
  }

  /**
   * One occurrence is kept. By chance a loop shares its first characters with what stands before it, so the cut goes to the
   * next good boundary within one unit, else where the repetition begins.
   */
  #lengthWithoutLoop(p: number): number {
    const start = this.#length - this.#runs[p]!;
    const first = isLowSurrogate(this.#units[start]!) ? start + 1 : start;
    const boundaries = BOUNDARIES.map((boundary) => this.#next(first, p, boundary));
    return boundaries.find((at) => at !== undefined) ?? first;
  }

  #next(from: number, within: number, boundary: RegExp): number | undefined {
    for (let at = from; at < from + within; at++) {
      if (boundary.test(this.#slice(Math.max(0, at - 4), at + 1))) return at;
    }
    return undefined;
  }

  #slice(from: number, to: number): string {
    return String.fromCharCode(...this.#units.subarray(from, to));
  }

  #reserve(length: number): void {
    if (length <= this.#units.length) return;
    const larger = new Uint16Array(Math.max(length, this.#units.length * 2));
    larger.set(this.#units);
    this.#units = larger;
  }
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

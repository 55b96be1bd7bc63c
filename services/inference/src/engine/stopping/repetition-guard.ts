import { leastLoop, MIN_LOOP, MIN_OCCURRENCES } from "./least-loop.ts";

/** Longest unit that is recognised, in UTF-16 units: some ten paragraphs of chat. */
const MAX_UNIT = 2_048;
/** UTF-16 units that must be the same before a repetition is looked into. */
const GRAM = 8;
/** Grams that are remembered; a power of two. A newer one takes the place of an older with the same hash. */
const MAX_GRAMS = 8_192;
/** Repetitions followed at once. Texts have two or three. */
const MAX_REPEATS = 16;

/** Where a text may well be cut, best first: after a paragraph, a sentence or line, before a space. With the next character. */
const BOUNDARIES = [/\n\n.$/su, /(?:[\n。！？]|[.!?…]["')\]*_]*\s).$|[.!?…]["')\]*_]*\s$/su, /\s$/u];

/** The end of the text repeats what stands `period` before it, beginning with the occurrence at `begin`. */
interface Repeat {
  readonly period: number;
  readonly begin: number;
  /** Length from which on it is a loop; undefined until it may be one. */
  least: number | undefined;
}

/**
 * Notices when the end of a reply runs in a loop: one unit of text again and again. How often, `leastLoop` tells: prose is a
 * loop once its second repetition is whole, what repeats by right (layout, code, a chorus) later.
 *
 * Where the last 8 UTF-16 units stood before, by a table of hashes, is where a repetition may have begun; from then on it is
 * followed unit by unit. So a character costs the same however long units may be: some 0.2 µs.
 */
export class RepetitionGuard {
  #units = new Uint16Array(1024);
  #length = 0;
  /** Where the last gram of each hash ended. */
  readonly #grams = new Int32Array(MAX_GRAMS).fill(-1);
  #repeats: Repeat[] = [];
  #backticks = 0;
  #isInFence = false;

  /** Reads more of the reply; once it runs in a loop, the length to cut it to. No call follows then. */
  push(text: string): number | undefined {
    this.#reserve(this.#length + text.length);
    for (let i = 0; i < text.length; i++) {
      const loop = this.#pushUnit(text.charCodeAt(i));
      if (loop !== undefined) return this.#lengthWithoutLoop(loop);
    }
    return undefined;
  }

  /** The loop the text now runs in. */
  #pushUnit(unit: number): Repeat | undefined {
    const at = this.#length++;
    this.#units[at] = unit;
    this.#watchFence(unit);
    if (this.#repeats.length > 0)
      this.#repeats = this.#repeats.filter(({ period }) => this.#units[at - period] === unit);
    this.#findRepeat(at);
    return this.#repeats.find((repeat) => this.#isLoop(repeat));
  }

  /** Code stands between lines of three backticks. */
  #watchFence(unit: number): void {
    this.#backticks = unit === 0x60 ? this.#backticks + 1 : 0;
    if (this.#backticks === 3) this.#isInFence = !this.#isInFence;
  }

  #findRepeat(at: number): void {
    if (at < GRAM) return;
    const hash = this.#hashOfGram(at);
    const before = this.#grams[hash]!;
    this.#grams[hash] = at;
    const period = at - before;
    if (before < 0 || period > MAX_UNIT || this.#repeats.length >= MAX_REPEATS) return;
    if (this.#repeats.some((repeat) => repeat.period === period)) return;
    const begin = this.#beginOf(period);
    if (at - period - begin >= GRAM - 1) this.#repeats.push({ period, begin, least: undefined });
  }

  /** FNV-1a over the last units. */
  #hashOfGram(at: number): number {
    let hash = 0x811c9dc5;
    for (let i = at - GRAM + 1; i <= at; i++) hash = Math.imul(hash ^ this.#units[i]!, 0x01000193);
    return (hash ^ (hash >>> 15)) & (MAX_GRAMS - 1);
  }

  /** Where the text begins that repeats itself a period later, up to its end. */
  #beginOf(period: number): number {
    let begin = this.#length - period;
    while (begin > 0 && this.#units[begin - 1] === this.#units[begin - 1 + period]) begin--;
    return begin;
  }

  #isLoop(repeat: Repeat): boolean {
    const { period, begin } = repeat;
    const length = this.#length - begin;
    if (length < MIN_LOOP || length < MIN_OCCURRENCES * period) return false;
    repeat.least ??= this.#isMultiple(repeat)
      ? Number.POSITIVE_INFINITY
      : leastLoop(this.#slice(this.#length - period, this.#length), this.#isInFence);
    return length >= repeat.least;
  }

  /** Whether its unit is itself a shorter one several times: "ha ha " of "ha ". */
  #isMultiple({ period, begin }: Repeat): boolean {
    return this.#repeats.some(
      (other) => other.period < period && period % other.period === 0 && other.begin <= begin + period,
    );
  }

  /**
   * One occurrence is kept. By chance a loop shares its first characters with what stands before it, so the cut goes to the
   * next good boundary within one unit, else where the repetition begins.
   */
  #lengthWithoutLoop({ period, begin }: Repeat): number {
    const start = begin + period;
    const first = isLowSurrogate(this.#units[start]!) ? start + 1 : start;
    const boundaries = BOUNDARIES.map((boundary) => this.#next(first, period, boundary));
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

/** A stretch of text that reads wrongly when a message ends within it; one may cut at its start and at its end. */
export interface Unit {
  readonly start: number;
  /** Infinity where it may go on after the text. */
  readonly end: number;
}

/** The beginning of an emphasis or of a link's text. */
interface Opener {
  /** One of `*`, `_`, `~` and `[`. */
  readonly marker: string;
  readonly start: number;
  /** Markers that nothing has matched yet. */
  readonly count: number;
}

/** A link's text is no longer: half-open intervals begin with a bracket too. */
const MAX_LINK_TEXT = 500;

const TOKEN = /\\[^\n]|`+|<[^\s<>]*(?:>|$)|https?:\/\/[^\s<>\]*`|。！？、，]*|!?\[|\]|\*+|_+|~~/g;
/** What follows the text of a link: its address, or its label. */
const LINK_TARGET = /\((?:[^()\n]|\([^()\n]*(?:\)|$))*(?:\)|$)|\[[^\]\n]*(?:\]|$)|$/y;
const WORD = /[\p{L}\p{N}]/u;
const ASCII_WORD = /[a-z\d]/i;

/** Links, code spans and emphases of the paragraph from `start` to `end`. Source: CommonMark 0.31, but for its rules of punctuation. */
export function inlineUnits(text: string, start: number, end: number): readonly Unit[] {
  const scan = new InlineScan(text.slice(start, end), end >= text.length);
  return scan.units().map((unit) => ({ start: start + unit.start, end: start + unit.end }));
}

class InlineScan {
  readonly #text: string;
  /** Whether more of the paragraph may follow. */
  readonly #isOpen: boolean;
  readonly #units: Unit[] = [];
  readonly #openers: Opener[] = [];

  constructor(text: string, isOpen: boolean) {
    this.#text = text;
    this.#isOpen = isOpen;
  }

  units(): readonly Unit[] {
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(this.#text); match; match = TOKEN.exec(this.#text))
      TOKEN.lastIndex = this.#read(match[0], match.index);
    const linksFrom = this.#text.length - MAX_LINK_TEXT;
    const first = this.#openers.find(({ marker, start }) => marker !== "[" || start > linksFrom);
    if (this.#isOpen && first) this.#add(first.start, this.#text.length);
    return this.#units;
  }

  /** Returns where to read on. */
  #read(token: string, start: number): number {
    const end = start + token.length;
    if (token.startsWith("\\")) return end;
    if (token.startsWith("`")) return this.#readCode(token, start);
    if (token.startsWith("<") || token.startsWith("http")) return this.#add(start, end);
    if (token === "]") return this.#readLinkTarget(end);
    if (token.endsWith("[")) this.#openers.push({ marker: "[", start, count: 1 });
    else this.#readEmphasis(token, start);
    return end;
  }

  #readCode(marker: string, start: number): number {
    const closing = new RegExp(`(?<!\`)${marker}(?!\`)`, "g");
    closing.lastIndex = start + marker.length;
    if (closing.test(this.#text)) return this.#add(start, closing.lastIndex);
    return this.#isOpen ? this.#add(start, this.#text.length) : start + marker.length;
  }

  #readLinkTarget(start: number): number {
    const index = this.#openers.findLastIndex(({ marker }) => marker === "[");
    if (index === -1) return start;
    LINK_TARGET.lastIndex = start;
    const isLink = LINK_TARGET.test(this.#text);
    // What opened within a link's text ends in it.
    const [opener] = this.#openers.splice(index, isLink ? Number.POSITIVE_INFINITY : 1);
    return isLink && opener ? this.#add(opener.start, LINK_TARGET.lastIndex) : start;
  }

  #readEmphasis(run: string, start: number): void {
    const { canOpen, canClose } = this.#flanks(run, start);
    const marker = run.charAt(0);
    let count = run.length;
    while (canClose && count > 0) {
      const index = this.#openers.findLastIndex((opener) => opener.marker === marker);
      const opener = this.#openers[index];
      if (!opener) break;
      this.#add(opener.start, start + run.length);
      this.#openers.length = index;
      if (opener.count > count) this.#openers.push({ ...opener, count: opener.count - count });
      count -= opener.count;
    }
    if (canOpen && count > 0) this.#openers.push({ marker, start, count });
  }

  /** A star between letters of ours is a product more often than an emphasis. */
  #flanks(run: string, start: number): { readonly canOpen: boolean; readonly canClose: boolean } {
    const before = this.#text.charAt(start - 1);
    const after = this.#text.charAt(start + run.length);
    const isUnderscore = run.startsWith("_");
    const isWithinWord = (isUnderscore && WORD.test(before)) || (run === "*" && ASCII_WORD.test(before));
    return {
      canOpen: (after === "" ? this.#isOpen : /\S/.test(after)) && !isWithinWord,
      canClose: /\S/.test(before) && !(isUnderscore && WORD.test(after)),
    };
  }

  /** What reaches the end may go on. Returns where it ends. */
  #add(start: number, end: number): number {
    const isOpen = this.#isOpen && end === this.#text.length;
    this.#units.push({ start, end: isOpen ? Number.POSITIVE_INFINITY : end });
    return end;
  }
}

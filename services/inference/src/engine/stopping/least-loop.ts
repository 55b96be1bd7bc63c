/** Shortest loop of prose, in letters: a sentence of 24 counts at its second repetition, a shorter one later. */
const MIN_LOOP_OF_PROSE = 72;
/** Chinese, Japanese and Korean say with one character what other scripts need letters for. */
const LETTERS_OF_IDEOGRAPH = 2;
/** Shortest loop there is, in UTF-16 units. */
export const MIN_LOOP = MIN_LOOP_OF_PROSE / LETTERS_OF_IDEOGRAPH;
/** The least occurrences of a unit, the first included. Stories tell things three times, but the third time otherwise. */
export const MIN_OCCURRENCES = 3;

/** Of a unit of a few letters: "ha ha ha", "very, very, very", "noooo". In letters. */
const MIN_LOOP_OF_WORD = 120;
const MAX_WORD = 7;
/** Of what repeats by right. */
const MIN_LOOP_OF_STRUCTURE = 240;
const MIN_OCCURRENCES_OF_STRUCTURE = 4;
/** Rulers, blank table rows, indentation and zeros: units without a letter go on this many times longer. */
const LAYOUT_FACTOR = 4;

const LETTER = /\p{L}/u;
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
/** Signs of code, markup, tables and templates. */
const STRUCTURE = /[|<>{}[\]=;`#\\]/;
/** A line of verse: neither an item of a list nor of a dialogue or form. */
const VERSE = /^\s*[\p{L}"'“(][^:]*$/u;
const MIN_VERSES = 3;
/** Mean length of a chorus's lines. */
const MAX_VERSE = 48;

/**
 * How long a text must be that repeats one unit before it counts as a loop, in UTF-16 units, its first occurrence included.
 * Prose hardly ever says the same twice in a row. Code, tables and a chorus do, so they have four times: a line of 60 then,
 * and a shorter one until there are 240. The unit may begin anywhere in itself.
 */
export function leastLoop(unit: string, isCode: boolean): number {
  const ofStructure = Math.max(MIN_LOOP_OF_STRUCTURE, MIN_OCCURRENCES_OF_STRUCTURE * unit.length);
  if (!LETTER.test(unit)) return LAYOUT_FACTOR * ofStructure;
  if (isCode || STRUCTURE.test(unit) || isVerse(unit)) return ofStructure;
  const letters = IDEOGRAPH.test(unit) ? LETTERS_OF_IDEOGRAPH : 1;
  const shortest = unit.length * letters <= MAX_WORD ? MIN_LOOP_OF_WORD : MIN_LOOP_OF_PROSE;
  return Math.max(shortest / letters, MIN_OCCURRENCES * unit.length);
}

function isVerse(unit: string): boolean {
  const lines = wholeLines(unit).filter((line) => line.trim() !== "");
  return (
    lines.length >= MIN_VERSES && unit.length < MAX_VERSE * lines.length && lines.every((line) => VERSE.test(line))
  );
}

/** The lines of a unit that begins within one and ends with what stands before it there. */
function wholeLines(unit: string): string[] {
  const firstEnd = unit.indexOf("\n") + 1;
  return (unit.slice(firstEnd) + unit.slice(0, firstEnd)).split("\n");
}

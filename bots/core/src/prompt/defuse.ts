/** Whatever a reader, and a model, may take for the end of a line. */
const LINE = /[^\n\r\v\f\u0085\u2028\u2029]+/g;
/** Spaces of every kind and characters that show nothing; U+2800 is the blank of Braille. */
const INVISIBLE = /[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/**
 * Text in which no line begins like one of the format's section markers: such a line is quoted, "> " put in front.
 * Compared without regard to case, spaces, invisible characters, compatibility forms (full width) and the number of "#".
 * Memory keeps the original; only prompts hold the quoted form.
 */
export function defuse(text: string, markers: readonly string[]): string {
  const skeletons = markers.map(skeleton).filter((marker) => marker !== "");
  return text.replace(LINE, (line) => (beginsLike(line, skeletons) ? `> ${line}` : line));
}

function beginsLike(line: string, skeletons: readonly string[]): boolean {
  const begin = skeleton(line);
  return skeletons.some((marker) => begin.startsWith(marker));
}

function skeleton(line: string): string {
  return line.normalize("NFKC").replace(INVISIBLE, "").replace(/#+/g, "#").toLowerCase();
}

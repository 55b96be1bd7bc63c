/** What sets the parts of a prompt apart, and nobody's text may hold. */
export interface Markers {
  /** Mark something at the beginning of a line. */
  readonly lines: readonly string[];
  /** Mark something wherever they stand. */
  readonly anywhere: readonly string[];
}

/** Whatever a reader, and a model, may take for the end of a line. */
const LINE = /[^\n\r\v\f\u0085\u2028\u2029]+/g;
/** Spaces of every kind and characters that show nothing; U+2800 is the blank of Braille. */
const INVISIBLE = /[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** What is put into a marker; no comparison leaves it out. */
const BREAK = "·";

/**
 * Text in which no line begins like one of the format's section markers: such a line is quoted, "> " put in front.
 * Compared without regard to case, spaces, invisible characters, compatibility forms (full width) and the number of "#".
 * Memory keeps the original; only prompts hold the quoted form.
 */
export function defuse(text: string, lines: readonly string[]): string {
  return defuser({ lines, anywhere: [] })(text);
}

/** As `defuse`, for many texts. A marker that may stand anywhere is broken up: "ASSISTANT:" becomes "A·SSISTANT:". */
export function defuser({ lines, anywhere }: Markers): (text: string) => string {
  const begins = skeletons(lines);
  const inner = skeletons(anywhere);
  const quote = (line: string) => {
    const compared = skeleton(line);
    return begins.some((marker) => compared.startsWith(marker)) ? `> ${line}` : line;
  };
  return (text) => breakUp(text, inner).replace(LINE, quote);
}

function skeletons(markers: readonly string[]): readonly string[] {
  return markers.map(skeleton).filter((marker) => marker !== "");
}

/** Not composed: a character that joins a marker's last one would hide it. */
function skeleton(text: string): string {
  return text.normalize("NFKD").replace(INVISIBLE, "").replace(/#+/g, "#").toLowerCase();
}

function breakUp(text: string, markers: readonly string[]): string {
  if (markers.length === 0) return text;
  const compared = skeleton(text);
  const patterns = markers.filter((marker) => compared.includes(marker)).map(like);
  return patterns.length === 0 ? text : text.replace(LINE, (line) => breakUpLine(line, patterns));
}

/** One marker after the other, since one may begin within another. */
function breakUpLine(line: string, patterns: readonly RegExp[]): string {
  const whole = line.normalize("NFKD");
  const broken = patterns.reduce((rest, pattern) => rest.replace(pattern, `$1${BREAK}`), whole);
  return broken === whole ? line : broken.normalize("NFC");
}

/** A marker's first character before the others, anything invisible between them. A word within a longer one is none. */
function like(marker: string): RegExp {
  const escaped = Array.from(marker, (character) => character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&"));
  const [first, ...rest] = escaped;
  const start = /^[\p{L}\p{N}]/u.test(marker) ? "(?<![\\p{L}\\p{M}\\p{N}])" : "";
  const blank = `${INVISIBLE.source}*`;
  return new RegExp(`${start}(${first})(?=${blank}${rest.join(blank)})`, "giu");
}

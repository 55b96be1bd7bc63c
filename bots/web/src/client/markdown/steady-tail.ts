const FENCE_START = /^ {0,3}(`{3,}|~{3,})([^\n`]*)\n/;
/** A line that opens a fence or closes one, in a list item or a quotation too. */
const FENCE_LINE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^`]*)$/;
/** A last line of marks alone: it may become a rule, a heading, a list item, a task or a fence, and means nothing yet. */
const MARKS_ONLY = /^[ \t]*(?:[-*+=_#>|`~]+|\d{1,9}[.)]?|(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]?\]?)[ \t]*$/;
/** A table's first line alone, at the end: it looks like a paragraph until the whole line under it has come. */
const TABLE_HEAD = /(^|\n[ \t]*\n) {0,3}\|[^\n]*(?:\n[ \t|:-]*)?$/;

/** A run of backticks and the next of the same length. */
const CODE = /(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g;
const OPEN_LINK = /!?\[([^\][]*)(?:\](?:\([^()\s]*)?)?$/;
/** A mark before a word or after one. */
const EMPHASIS_MARK = /(?<![\\*\w])(?:\*{1,3}|~~|__?)(?=[^\s*_~])|(?<=[^\s*_~\\])(?:\*{1,3}|~~|__?)(?![*\w])/g;

/** A fence that is still open. */
export interface OpenFence {
  readonly info: string;
  readonly code: string;
}

/** The fence a tail begins with, if it is not closed yet. */
export function openFence(tail: string): OpenFence | undefined {
  const start = FENCE_START.exec(tail);
  if (start === null) return undefined;
  const [opening, mark, info] = start as unknown as [string, string, string];
  const code = tail.slice(opening.length);
  const closing = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}[ \\t]*$`, "m");
  if (closing.test(code)) return undefined;
  const half = new RegExp(`(^|\\n) {0,3}\\${mark[0]}+$`).exec(code);
  return { info, code: code.slice(0, half?.index ?? code.length).replace(/\n$/, "") };
}

/**
 * A tail as it may be shown while more comes: without marks that mean nothing yet, and with open emphasis, code and
 * links closed, so that nothing flips to another look when the rest arrives.
 */
export function steadyTail(tail: string): string {
  const lineStart = tail.lastIndexOf("\n") + 1;
  const lines = tail.slice(0, lineStart);
  const lastLine = tail.slice(lineStart);
  const fences = scanFences(lines);
  if (fences.isOpen) return MARKS_ONLY.test(lastLine) ? lines : tail;
  const tableHead = TABLE_HEAD.exec(tail);
  if (tableHead !== null) return closeInline(tail.slice(0, tableHead.index), fences.end);
  const shownLine = withoutFence(lastLine);
  return closeInline(MARKS_ONLY.test(shownLine) ? lines : lines + shownLine, fences.end);
}

/** Whether whole lines end in a fence that is open, and where the last one that is closed ends. */
function scanFences(lines: string): { readonly isOpen: boolean; readonly end: number } {
  let open: string | undefined;
  let end = 0;
  let offset = 0;
  for (const line of lines.split("\n")) {
    offset += line.length + 1;
    const [, mark, info] = FENCE_LINE.exec(line) ?? [];
    if (mark === undefined) continue;
    if (open === undefined) open = mark;
    else if (mark.startsWith(open) && info!.trim() === "") {
      open = undefined;
      end = offset;
    }
  }
  return { isOpen: open !== undefined, end };
}

/** A last line without the fence it begins: until the line is whole it looks like code within a sentence. */
function withoutFence(line: string): string {
  const mark = FENCE_LINE.exec(line)?.[1];
  return mark === undefined ? line : line.slice(0, line.indexOf(mark));
}

/** `fencesEnd`: where the last fence of the text ends, whose marks are no code within a sentence. */
function closeInline(text: string, fencesEnd: number): string {
  const paragraphStart = Math.max(text.lastIndexOf("\n\n") + 1, Math.min(fencesEnd, text.length));
  const paragraph = text.slice(paragraphStart);
  const outsideCode = paragraph.replace(CODE, (code) => " ".repeat(code.length));
  const openCode = /`+/.exec(outsideCode);
  if (openCode !== null) return closeCode(text, paragraphStart + openCode.index, openCode[0]);
  const link = OPEN_LINK.exec(outsideCode);
  if (link === null) return closeEmphasis(text, outsideCode);
  // The words of a link are shown at once, its address not before it is whole.
  const words = paragraph.slice(link.index).replace(/^!?\[/, "").slice(0, link[1]!.length);
  const before = paragraphStart + link.index;
  return closeEmphasis(text.slice(0, before) + words, outsideCode.slice(0, link.index) + words);
}

function closeCode(text: string, start: number, mark: string): string {
  const code = text.slice(start + mark.length);
  return code.trim() === "" ? text.slice(0, start) : `${text.replace(/`+$/, "")}${mark}`;
}

/** `outsideCode` is the end of `text` with its code blanked: marks in code mean nothing. */
function closeEmphasis(text: string, outsideCode: string): string {
  const lastLine = outsideCode.slice(outsideCode.lastIndexOf("\n") + 1);
  const isOpen = openMarks(lastLine) !== "";
  // Half of a closing mark, or an opening one with nothing after it.
  const dangling = (isOpen ? /[*_~]+$/ : /(?<=\s)[*_~]{1,3}$/).exec(lastLine)?.[0].length ?? 0;
  if (!isOpen) return text.slice(0, text.length - dangling);
  const marks = openMarks(lastLine.slice(0, lastLine.length - dangling));
  return text.slice(0, text.length - dangling).trimEnd() + marks;
}

/** The marks that close what a line leaves open, innermost first. */
function openMarks(line: string): string {
  const open: string[] = [];
  const words = line.replace(/^[ \t]*[-*+][ \t]+/, (bullet) => " ".repeat(bullet.length));
  for (const [mark] of words.matchAll(EMPHASIS_MARK)) {
    if (open.at(-1) === mark) open.pop();
    else open.push(mark);
  }
  return open.reverse().join("");
}

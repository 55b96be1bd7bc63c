const FENCE_START = /^ {0,3}(`{3,}|~{3,})([^\n`]*)\n/;
/** A last line of marks alone: it may become a rule, a heading, a list item or a fence, and means nothing yet. */
const MARKS_ONLY = /^[ \t]*(?:[-*+=_#>|`~]+|\d{1,9}[.)]?)[ \t]*$/;
/** A table's first line alone looks like a paragraph until the line under it comes. */
const TABLE_HEAD = /^ {0,3}\|[^\n]*(?:\n[ \t|:-]*)?$/;

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
  if (TABLE_HEAD.test(tail)) return "";
  const lineStart = tail.lastIndexOf("\n") + 1;
  const shown = MARKS_ONLY.test(tail.slice(lineStart)) ? tail.slice(0, lineStart) : tail;
  return closeInline(shown);
}

function closeInline(text: string): string {
  const paragraphStart = text.lastIndexOf("\n\n") + 1;
  const paragraph = text.slice(paragraphStart);
  const outsideCode = paragraph.replace(/(`+)(?:(?!\1)[\s\S])+?\1(?!`)/g, (code) => " ".repeat(code.length));
  const openCode = /`+/.exec(outsideCode);
  if (openCode !== null) return closeCode(text, paragraphStart + openCode.index, openCode[0]);
  const link = /!?\[([^\][]*)(?:\](?:\([^()\s]*)?)?$/.exec(outsideCode);
  if (link === null) return text + openEmphasis(outsideCode);
  // The words of a link are shown at once, its address not before it is whole.
  const words = paragraph.slice(link.index).replace(/^!?\[/, "").slice(0, link[1]!.length);
  const before = outsideCode.slice(0, link.index);
  return `${text.slice(0, paragraphStart + link.index)}${words}${openEmphasis(before + words)}`;
}

function closeCode(text: string, start: number, mark: string): string {
  const code = text.slice(start + mark.length);
  return code.trim() === "" ? text.slice(0, start) : `${text.replace(/`+$/, "")}${mark}`;
}

/** The marks that close what is open, innermost first; a mark with nothing after it is not open yet but must not show. */
function openEmphasis(text: string): string {
  const open: string[] = [];
  const line = text
    .slice(text.lastIndexOf("\n") + 1)
    .replace(/^[ \t]*[-*+][ \t]+/, (bullet) => " ".repeat(bullet.length));
  for (const [mark] of line.matchAll(
    /(?<![\\*\w])(?:\*{1,3}|~~|__?)(?=[^\s*_~])|(?<=[^\s*_~\\])(?:\*{1,3}|~~|__?)(?![*\w])/g,
  )) {
    if (open.at(-1) === mark) open.pop();
    else open.push(mark);
  }
  return open.reverse().join("");
}

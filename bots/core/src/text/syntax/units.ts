import { type Fence, fenceAfter } from "./fences.ts";
import { inlineUnits, type Unit } from "./inline-units.ts";
import { ROW_START } from "./table-rows.ts";

/** The beginning of a list item, a heading, a quote or a fence. */
export const BLOCK_START = /^[ \t]*([-*+] |\d{1,9}[.)] |#{1,6} |> |```|~~~)/;
/** What makes a line a quote. */
export const QUOTE_START = /^ {0,3}>[> ]{0,8}/;

/** A line as a unit could be in it; `code` with the fences that enclose it. */
interface Line extends Unit {
  readonly text: string;
  readonly kind: "code" | "blank" | "quote" | "row" | "block" | "text";
}

/**
 * Tells whether a cut at a place would break a link, inline code, a bold, italic or struck run, a quote line, a table's row
 * or head, or part a marker from its item. What is open at the text's end is taken to go on after it.
 */
export function unitsIn(text: string): (at: number) => boolean {
  const lines = readLines(text);
  const inside = new Uint8Array(text.length + 1);
  for (const { start, end } of [...lineUnits(lines), ...paragraphUnits(text, lines)])
    inside.fill(1, start + 1, Math.min(end, inside.length));
  return (at) => inside[at] === 1;
}

function readLines(text: string): readonly Line[] {
  let fence: Fence | undefined;
  let start = 0;
  return text.split("\n").map((line) => {
    const wasOpen = fence !== undefined;
    fence = fenceAfter(line, fence);
    const next = start + line.length + 1;
    const end = next > text.length ? Number.POSITIVE_INFINITY : next;
    const read: Line = { start, end, text: line, kind: wasOpen || fence ? "code" : kindOf(line) };
    start = next;
    return read;
  });
}

function kindOf(line: string): Line["kind"] {
  if (line.trim() === "") return "blank";
  if (QUOTE_START.test(line)) return "quote";
  if (ROW_START.test(line)) return "row";
  return BLOCK_START.test(line) ? "block" : "text";
}

/** Whole lines, and the markers of items with what follows them at once. */
function lineUnits(lines: readonly Line[]): readonly Unit[] {
  return lines.flatMap(({ kind, text, start, end }, index) => {
    // The two lines of a table's head stay with its first row.
    if (kind === "row") return { start, end: lines[index - 2]?.kind === "row" ? end : end + 1 };
    if (kind === "quote") return { start, end };
    return kind === "block" ? { start, end: start + (BLOCK_START.exec(text)?.[0].length ?? 0) + 1 } : [];
  });
}

/** A paragraph or an item goes on over lines of plain text; no unit within it leaves it. */
function paragraphUnits(text: string, lines: readonly Line[]): readonly Unit[] {
  const paragraphs: Unit[] = [];
  for (const [index, { kind, start, end }] of lines.entries()) {
    const before = lines[index - 1]?.kind;
    const last = paragraphs.at(-1);
    if (kind === "text" && last && (before === "text" || before === "block"))
      paragraphs[paragraphs.length - 1] = { start: last.start, end };
    else if (kind === "text" || kind === "block") paragraphs.push({ start, end });
  }
  return paragraphs.flatMap(({ start, end }) => inlineUnits(text, start, end));
}

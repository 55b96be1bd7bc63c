import { displayWidth } from "./display-width.ts";
import { type Fence, fenceAfter } from "./syntax/fences.ts";
import { isDelimiterRow, rowCells } from "./syntax/table-rows.ts";

/** Most columns of an aligned table: about what a phone shows of code in a line. A row that wraps is read down no column. */
const MAX_WIDTH = 48;
const GAP = "  ";

type Alignment = "left" | "right" | "center";

interface Table {
  readonly header: readonly string[];
  readonly alignments: readonly Alignment[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * A text whose Markdown tables are code blocks with aligned columns, for platforms that show no tables. One that is too wide
 * for that, or that holds a link, which code cannot, becomes a list for each row. A table begins with its delimiter row, so
 * that a text that grows has its header as it is until then. Everything else stays as it is, what stands in code too.
 */
export function alignTables(text: string): string {
  const lines = text.split("\n");
  const shown: string[] = [];
  let fence: Fence | undefined;
  for (let index = 0; index < lines.length; index++) {
    const numLines = fence ? 0 : tableLength(lines, index);
    if (numLines > 0) {
      shown.push(...showTable(readTable(lines.slice(index, index + numLines))));
      index += numLines - 1;
    } else {
      const line = lines[index]!;
      fence = fenceAfter(line, fence);
      shown.push(line);
    }
  }
  return shown.join("\n");
}

/** Lines of the table that begins there; 0 where none does. */
function tableLength(lines: readonly string[], start: number): number {
  const [header = "", delimiter = ""] = lines.slice(start, start + 2);
  const isTable =
    header.includes("|") && isDelimiterRow(delimiter) && rowCells(header).length === rowCells(delimiter).length;
  if (!isTable) return 0;
  let end = start + 2;
  while (lines[end]?.includes("|") && !fenceAfter(lines[end]!, undefined)) end++;
  return end - start;
}

function readTable([header = "", delimiter = "", ...rows]: readonly string[]): Table {
  const alignments = rowCells(delimiter).map(alignment);
  const ofWidth = (cells: readonly string[]) =>
    alignments.map((_, index) =>
      // What has one bar too many is not lost.
      index === alignments.length - 1 ? cells.slice(index).join(" | ") : (cells[index] ?? ""),
    );
  // A row that has just begun is none yet.
  const filled = rows.map(rowCells).filter((cells) => cells.some((cell) => cell !== ""));
  return { header: ofWidth(rowCells(header)), alignments, rows: filled.map(ofWidth) };
}

function alignment(cell: string): Alignment {
  if (!cell.endsWith(":")) return "left";
  return cell.startsWith(":") ? "center" : "right";
}

function showTable(table: Table): readonly string[] {
  const { header, alignments, rows } = table;
  const cells = [header, ...rows].map((row) => row.map(plainText));
  const widths = alignments.map((_, column) => Math.max(1, ...cells.map((row) => displayWidth(row[column] ?? ""))));
  const width = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  const isList = width > MAX_WIDTH || rows.flat().some((cell) => LINK.test(cell));
  return isList && rows.length > 0 ? asLists(table) : asBlock(cells, widths, alignments);
}

function asBlock(
  [header = [], ...rows]: readonly (readonly string[])[],
  widths: readonly number[],
  alignments: readonly Alignment[],
): readonly string[] {
  const rule = widths.map((width) => "-".repeat(width));
  const lines = [header, rule, ...rows].map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, alignments[column] ?? "left"))
      .join(GAP)
      .trimEnd(),
  );
  return ["```", ...lines, "```"];
}

function pad(cell: string, width: number, alignment: Alignment): string {
  const room = Math.max(0, width - displayWidth(cell));
  const before = { left: 0, center: room >> 1, right: room }[alignment];
  return " ".repeat(before) + cell + " ".repeat(room - before);
}

/** Outside of code, so that what is bold or linked in a cell stays so. */
function asLists({ header, rows }: Table): readonly string[] {
  const names = header.map(plainText);
  const lists = rows.map((row) =>
    row.flatMap((cell, column) => (cell === "" ? [] : `- ${names[column] ? `**${names[column]}:** ` : ""}${cell}`)),
  );
  return lists.flatMap((list, index) => (index === 0 ? list : ["", ...list]));
}

const LINK = /\]\(|https?:\/\//;
const MARKUP =
  /(`+)(.{1,300}?)\1|(\*{1,3}|~~|(?<![\p{L}\p{N}])_{1,3})(?=\S)(.{1,300}?)(?<=\S)\3|\\([!-/:-@[-`{-~])|<br ?\/?>/giu;

/** A cell without its inline markup, for code. */
function plainText(cell: string): string {
  const text = cell.replace(MARKUP, (markup, _, code?: string, __?: string, inner?: string, escaped?: string) => {
    if (markup.startsWith("<")) return "; ";
    return code?.trim() ?? escaped ?? plainText(inner ?? "");
  });
  return text.replaceAll("`", "'");
}

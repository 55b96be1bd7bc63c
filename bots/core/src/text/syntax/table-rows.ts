/** The beginning of a table's row; one that begins without a bar is not known. */
export const ROW_START = /^ {0,3}\|/;
const DELIMITER_ROW = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/;
const BAR = /(?<!\\)\|/;

/** Whether a line parts a table's header from its rows, as `| --- | :-: |`. */
export function isDelimiterRow(line: string): boolean {
  return line.includes("|") && DELIMITER_ROW.test(line.trimEnd());
}

/** A row's cells as they are written. */
export function rowCells(line: string): readonly string[] {
  const cells = line.trim().split(BAR);
  if (cells[0] === "") cells.shift();
  if (cells.at(-1) === "") cells.pop();
  return cells.map((cell) => cell.trim());
}

/** Header and delimiter row of the table that a text ends with, its last line ended; "" where it ends with none. */
export function tableHeadAtEnd(text: string): string {
  const lines = text.split("\n");
  const first = lines.slice(0, -1).findLastIndex((line) => !ROW_START.test(line)) + 1;
  const [header = "", delimiter = ""] = lines.slice(first);
  return isDelimiterRow(delimiter) ? `${header}\n${delimiter}\n` : "";
}

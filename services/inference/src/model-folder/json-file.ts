import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type ParseError, parse } from "jsonc-parser";
import { lfsPointerFault } from "./lfs-pointer.ts";

/**
 * The parsed content of a JSON file.
 * @throws Error naming the file and, for wrong JSON, line and column; the file system's error if it cannot be read
 */
export function readJsonFile(file: string): unknown {
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text);
  } catch (error) {
    const pointerFault = lfsPointerFault(file);
    if (pointerFault) throw new Error(`${basename(file)} ${pointerFault}`, { cause: error });
    const before = text.slice(0, faultOffset(text)).split("\n");
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    throw new Error(`${basename(file)} is not JSON: ${place}: ${reason(error)}`, { cause: error });
  }
}

/** Node's own sentence without the place, which it tells in some cases only and differently in each version. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/(?: in JSON)? at position \d+.*$|,? (?:\.{3})?".*is not valid JSON$/s, "");
}

/** Where a text stops being JSON: offset of the first token that cannot stand there; its end where it is nested too deep to say. */
function faultOffset(text: string): number {
  const faults: ParseError[] = [];
  try {
    parse(text, faults, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  } catch {
    // The parser calls itself for each level.
  }
  return faults[0]?.offset ?? text.length;
}

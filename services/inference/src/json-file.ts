import { readFileSync } from "node:fs";
import { basename } from "node:path";
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
    const before = text.slice(0, jsonFaultOffset(text)).split("\n");
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    throw new Error(`${basename(file)} is not JSON: ${place}: ${reason(error)}`, { cause: error });
  }
}

/** Node's own sentence without the place, which it tells in some cases only and differently in each version. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/(?: in JSON)? at position \d+.*$|,? (?:\.{3})?".*is not valid JSON$/s, "");
}

const STRING = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"`;
const SCALAR = String.raw`${STRING}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b`;

/** What may come next, in JSON's grammar. */
const EXPECTED = {
  value: new RegExp(`[{[]|${SCALAR}`, "y"),
  firstItem: new RegExp(`[{[\\]]|${SCALAR}`, "y"),
  firstKey: new RegExp(`}|${STRING}`, "y"),
  key: new RegExp(STRING, "y"),
  colon: /:/y,
  inObject: /[,}]/y,
  inArray: /[,\]]/y,
  end: /$/y,
} as const;

type Expectation = keyof typeof EXPECTED;

/** Where a text stops being JSON: offset of the first token that cannot stand there. */
function jsonFaultOffset(text: string): number {
  const open: string[] = [];
  let expected: Expectation = "value";
  let offset = 0;
  for (;;) {
    offset = skipSpace(text, offset);
    const pattern: RegExp = EXPECTED[expected];
    pattern.lastIndex = offset;
    const token = pattern.exec(text)?.[0];
    if (!token) return offset;
    offset += token.length;
    expected = next(expected, token, open);
  }
}

function skipSpace(text: string, offset: number): number {
  const space = /[ \t\r\n]*/y;
  space.lastIndex = offset;
  return offset + space.exec(text)![0].length;
}

const AFTER: Readonly<Record<string, Expectation>> = { "{": "firstKey", "[": "firstItem", ":": "value" };

function next(expected: Expectation, token: string, open: string[]): Expectation {
  if (token === "{" || token === "[") open.push(token);
  if (AFTER[token]) return AFTER[token];
  if (token === ",") return open.at(-1) === "{" ? "key" : "value";
  if (token === "}" || token === "]") open.pop();
  else if (expected === "key" || expected === "firstKey") return "colon";
  return afterValue(open.at(-1));
}

function afterValue(parent: string | undefined): Expectation {
  if (!parent) return "end";
  return parent === "{" ? "inObject" : "inArray";
}

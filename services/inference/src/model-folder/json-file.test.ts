import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJsonFile } from "./json-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-json-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  const file = join(folder, "a.json");
  writeFileSync(file, text);
  return readJsonFile(file);
};

describe("readJsonFile", () => {
  it("reads JSON, with or without a byte order mark", () => {
    expect(read('{"a": [1, null, "é"]}')).toEqual({ a: [1, null, "é"] });
    expect(read("\uFEFF{}")).toEqual({});
  });

  it.each([
    ["", "line 1, column 1"],
    ["{", "line 1, column 2"],
    ['{"a": }', "line 1, column 7"],
    ['{"a": 1,}', "line 1, column 9"],
    ["[1, 2,]", "line 1, column 7"],
    ['{\n "a": 1\n "b": 2\n}', "line 3, column 2"],
    ["{'a': 1}", "line 1, column 2"],
    ['{"a" 1}', "line 1, column 6"],
    ['{"a": "\n"}', "line 1, column 7"],
    ["[01]", "line 1, column 3"],
    ["[1.]", "line 1, column 2"],
    ["nul", "line 1, column 1"],
    ["{} {}", "line 1, column 4"],
    ["[1}", "line 1, column 3"],
    ['{"a": 1]', "line 1, column 8"],
  ])("tells where %j stops being JSON", (text, place) => {
    expect(() => read(text)).toThrow(`a.json is not JSON: ${place}: `);
  });

  it("names the file of a text that is nested without end", () => {
    expect(() => read("[".repeat(200_000))).toThrow("a.json is not JSON: line 1, column 200001: ");
  });

  it("finds a place in the text for every fault", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ minLength: 1, maxLength: 3 }), (json, at, noise) => {
        const offset = at % (json.length + 1);
        const text = json.slice(0, offset) + noise + json.slice(offset);
        let fault = "";
        try {
          read(text);
        } catch (error) {
          fault = (error as Error).message;
        }
        const [, line, column] = /line (\d+), column (\d+)/.exec(fault) ?? [];
        if (fault) expect(text.split("\n")[Number(line) - 1]!.length).toBeGreaterThanOrEqual(Number(column) - 1);
      }),
    );
  });
});

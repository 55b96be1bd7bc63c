import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth } from "./display-width.ts";
import { alignTables } from "./tables.ts";

const lines = (...all: readonly string[]) => all.join("\n");

describe("alignTables", () => {
  it("makes a table a code block with aligned columns", () => {
    const text = lines(
      "Here:",
      "",
      "| Name | Age | City |",
      "|:-----|----:|:----:|",
      "| Ann | 31 | Rome |",
      "| Bob | 7 | Oslo now |",
      "",
      "Done.",
    );
    expect(alignTables(text)).toBe(
      lines(
        "Here:",
        "",
        "```",
        "Name  Age    City",
        "----  ---  --------",
        "Ann    31    Rome",
        "Bob     7  Oslo now",
        "```",
        "",
        "Done.",
      ),
    );
  });

  it("takes rows without bars at their ends, and rows with too few or too many", () => {
    const text = lines("a | b", "--|--", "1 | 2", "3", "", "| a | b |", "|---|---|", "| 1 |", "| 1 | 2 | 3 |");
    expect(alignTables(text)).toBe(
      lines("```", "a  b", "-  -", "1  2", "```", "3", "", "```", "a  b", "-  -----", "1", "1  2 | 3", "```"),
    );
  });

  it("counts columns as they show", () => {
    const text = lines("| 名前 | x |", "|---|---|", "| 👩‍🚀 | 1 |", "| e\u0301tude | 2 |");
    expect(alignTables(text)).toBe(lines("```", "名前   x", "-----  -", "👩‍🚀     1", "e\u0301tude  2", "```"));
  });

  it("leaves markup out in code", () => {
    const row = "| **b** and *i* | `a*b*` ~~s~~ | snake_case _u_ | a \\| b<br>c |";
    expect(alignTables(lines("| 1 | 2 | 3 | 4 |", "|-|-|-|-|", row)).split("\n")[3]).toBe(
      "b and i  a*b* s  snake_case u  a | b; c",
    );
  });

  it("makes one that is too wide a list for each row, with its markup", () => {
    const long = "words and **more** words of it";
    expect(
      alignTables(lines("| Name | *What* | |", "|---|---|---|", `| Ann | ${long} | 1 |`, `| Bob | | ${long} |`)),
    ).toBe(lines(`- **Name:** Ann`, `- **What:** ${long}`, "- 1", "", "- **Name:** Bob", `- ${long}`));
  });

  it("makes one that holds a link a list", () => {
    expect(alignTables(lines("| a | b |", "|---|---|", "| 1 | [x](https://a.b) |"))).toBe(
      lines("- **a:** 1", "- **b:** [x](https://a.b)"),
    );
  });

  it("leaves alone what is no table, and what stands in code", () => {
    for (const text of [
      lines("a | b", "c | d"),
      lines("| a | b |", "|---|"),
      lines("```", "| a | b |", "|---|---|", "| 1 | 2 |", "```"),
      lines("> | a | b |", "> |---|---|"),
      "| a |",
      "--|--",
    ])
      expect(alignTables(text)).toBe(text);
  });

  it("ends a table at a fence", () => {
    const text = lines("| a | b |", "|---|---|", "| 1 | 2 |", "```sh", "cat x | wc", "```");
    expect(alignTables(text)).toBe(lines("```", "a  b", "-  -", "1  2", "```", "```sh", "cat x | wc", "```"));
  });

  it("adds rows while a text grows, once the delimiter row is there", () => {
    const text = lines("| Name | Age |", "|---|---|", "| Ann | 31 |", "");
    const shown = (length: number) => alignTables(text.slice(0, length));
    expect(shown(14)).toBe("| Name | Age |");
    expect(shown(19)).toBe("| Name | Age |\n|---");
    expect(shown(21)).toBe(lines("```", "Name  Age", "----  ---", "```"));
    expect(shown(26)).toBe(lines("```", "Name  Age", "----  ---", "```"));
    expect(shown(30)).toBe(lines("```", "Name  Age", "----  ---", "Ann", "```"));
    for (let length = 21; length < text.length; length++)
      expect(shown(length)).toMatch(/^```\nName {2}Age\n---- {2}---\n/);
  });

  const line = fc.oneof(
    fc.constantFrom(
      "| a | b |",
      "|---|---|",
      "a|b",
      "-|:-:",
      "```",
      "~~~",
      "",
      "| [x](https://a.b) | `c` |",
      "| | ~~~ |",
      "\\| | -",
    ),
    fc.string({ unit: fc.constantFrom("a", "|", "-", "\\", "`", "*", " ", "字") }),
  );
  const texts = fc.array(line, { maxLength: 12 }).map((all) => all.join("\n"));

  it("changes nothing a second time", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(alignTables(alignTables(text))).toBe(alignTables(text));
      }),
      { numRuns: 500 },
    );
  });

  it("changes nothing around a table", () => {
    const paragraph = fc.lorem({ maxCount: 10 });
    const table = lines("| a | b |", "|---|---|", "| 1 | 2 |");
    fc.assert(
      fc.property(fc.array(paragraph), fc.array(paragraph), (before, after) => {
        const around = (middle: string) => [...before, middle, ...after].join("\n\n");
        expect(alignTables(around(table))).toBe(around(alignTables(table)));
      }),
    );
  });
});

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["漢字かな", 8],
    ["ｱ", 1],
    ["한글", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["👍🏽", 2],
    ["❤️", 2],
    ["1️⃣", 2],
    ["™", 1],
    ["\u200b", 0],
    ["", 0],
  ])("of %j is %d", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

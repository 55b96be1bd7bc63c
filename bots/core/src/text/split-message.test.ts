import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitMessage, splitPieces } from "./split-message.ts";

/** As Slack counts: UTF-8 bytes with &, < and > escaped. */
const escapedBytes = (text: string) =>
  Buffer.byteLength(text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"));

const line = (word: string, length: number) => `${word.repeat(length)}\n`;
const lines = fc.array(
  fc.oneof(
    fc.constantFrom(
      "",
      "```js",
      "```",
      "~~~~",
      "````",
      "- item",
      "  - nested item",
      "12. twelfth",
      "# Head",
      "    code",
      "> a quote of some words. And more of them, until it is long. And more of them, and more of them",
      "| a | b |",
      "|---|---|",
      "see [the docs of it](https://example.com/a/b) and **bold words** and *italic ones* or `some code` and",
    ),
    fc.string({ unit: fc.constantFrom("a", " ", ".", "&", "<", "`", "é", "👩‍🚀", "ไ", "ا"), maxLength: 90 }),
    fc.lorem({ maxCount: 20 }),
  ),
  { maxLength: 40 },
);
const texts = lines.map((all) => all.join("\n"));

/** Whether fences are all closed, read by another rule than the splitter's: a line that is a fence opens or closes. */
function isInFence(text: string): boolean {
  let open = "";
  for (const each of text.split("\n")) {
    const [, marker = "", rest = ""] = /^\s*(`{3,}|~{3,})(.*)$/.exec(each) ?? [];
    if (marker === "" || (open === "" && marker[0] === "`" && rest.includes("`"))) continue;
    if (open === "") open = marker;
    else if (marker[0] === open[0] && marker.length >= open.length && rest.trim() === "") open = "";
  }
  return open !== "";
}

describe("splitMessage", () => {
  it("leaves a text that fits as it is", () => {
    expect(splitMessage("short", { limit: 100 })).toEqual(["short"]);
    expect(splitMessage("", { limit: 100 })).toEqual([]);
    expect(splitMessage("a".repeat(100), { limit: 100 })).toEqual(["a".repeat(100)]);
  });

  it("cuts between paragraphs rather than lines", () => {
    const text = `${"a ".repeat(30)}\n\n${"b ".repeat(15)}\n${"c ".repeat(15)}`;
    expect(splitMessage(text, { limit: 100 })).toEqual([
      `${"a ".repeat(30)}\n\n`,
      `${"b ".repeat(15)}\n${"c ".repeat(15)}`,
    ]);
  });

  it("cuts before a list item, not within it", () => {
    const text = `- one one\n  goes on ${"a".repeat(50)}\n- two two ${"b".repeat(10)}\n  goes on ${"c".repeat(20)}`;
    expect(splitMessage(text, { limit: 100 })).toEqual([
      `- one one\n  goes on ${"a".repeat(50)}\n`,
      `- two two ${"b".repeat(10)}\n  goes on ${"c".repeat(20)}`,
    ]);
  });

  it("cuts between sentences rather than words, and between words rather than within", () => {
    const sentence = `${"word ".repeat(12)}end. `;
    expect(splitMessage(sentence + "more ".repeat(20), { limit: 100 })[0]).toBe(sentence);
    expect(splitMessage("alpaca ".repeat(20), { limit: 100 })[0]).toBe("alpaca ".repeat(14));
  });

  it("closes a code fence and opens it again with its language", () => {
    const code = line("x", 40);
    expect(splitMessage(`\`\`\`ts\n${code.repeat(3)}\`\`\``, { limit: 100 })).toEqual([
      `\`\`\`ts\n${code.repeat(2)}\`\`\``,
      `\`\`\`ts\n${code}\`\`\``,
    ]);
  });

  it("moves a code block whole where the message before it is half full", () => {
    const code = `\`\`\`\n${line("x", 30)}\`\`\``;
    expect(splitMessage(`${line("a", 70)}${code}`, { limit: 100 })).toEqual([line("a", 70), code]);
  });

  it("closes a fence that was never closed", () => {
    expect(splitMessage("```\ncode", { limit: 100 })).toEqual(["```\ncode\n```"]);
  });

  it("takes backticks within a line for a code span", () => {
    expect(splitMessage("```code```\n\n more", { limit: 100 })).toEqual(["```code```\n\n more"]);
  });

  it.each([
    ["a link", "[how to make a short answer longer](https://example.com/a_(b)?c=d#e-f-g)"],
    ["a link by its label", "[how to make a short answer longer and longer][the label of it]"],
    ["a picture", "![how to make a short answer longer](https://example.com/a_(b)?c=d#e)"],
    ["a bare address", "https://example.com/very/long/path/that/goes_on?and=on&and=on#and-on"],
    ["an address in brackets", "<https://example.com/very/long/path/that/goes_on?and=on&and=on#and-on>"],
    ["bold words", "**a bold claim. It has *many* words, and `**` in it; more and more**"],
    ["bold words of a language without spaces", `**${"太字の言葉。".repeat(10)}**`],
    ["bold italics", "***a bold claim. It has many words, and more and more of them***"],
    ["italics", "_a fine claim. It has many snake_case words, and more of them_"],
    ["struck words", "~~a wrong claim. It has many words, and more and more of them~~"],
    ["inline code", "``npm run memory -- forget `slack` and all the others as well``"],
    ["emphasis over lines", "**a bold claim.\nIt has many words, and more and more of them**"],
  ])("cuts before %s, not within", (_, unit) => {
    const text = `See here: ${"word ".repeat(6)}${unit} and so on`;
    expect(splitMessage(text, { limit: 100 })[0]).toBe(`See here: ${"word ".repeat(6)}`);
    for (let length = 101; length < text.length; length++)
      expect(splitMessage(text.slice(0, length), { limit: 100 })[0]).toBe(`See here: ${"word ".repeat(6)}`);
  });

  it("cuts within what is longer than a message", () => {
    const parts = splitMessage(`Look: **${"word ".repeat(40)}end**`, { limit: 100 });
    expect(parts.slice(0, 3)).toEqual(["Look: ", `**${"word ".repeat(19)}`, "word ".repeat(20)]);
  });

  it("cuts as ever where a star, a backtick or a bracket stands alone", () => {
    const text = `2*3 is 6, [0, 1) is half open and 5 * 3 is 15. ${"word ".repeat(20)}`;
    expect(splitMessage(`${text}\n\n${text}`, { limit: 150 })[0]).toBe(`${text}\n\n`);
  });

  it("leaves the marker of an item with its words", () => {
    const text = `${"word ".repeat(15)}\n- **${"bold ".repeat(15)}end** and more`;
    expect(splitMessage(text, { limit: 100 })[1]).toBe(text.slice(76));
  });

  it("cuts between quote lines, and goes on as a quote where one is longer than a message", () => {
    const quote = `> ${"word ".repeat(8)}\n`;
    expect(splitMessage(quote.repeat(4), { limit: 100 })).toEqual([quote.repeat(2), quote.repeat(2)]);
    expect(splitMessage(`> ${"word ".repeat(30)}`, { limit: 100 })).toEqual([
      `> ${"word ".repeat(19)}`,
      `> ${"word ".repeat(11)}`,
    ]);
    expect(splitMessage(`> > ${"word ".repeat(30)}`, { limit: 100 })[1]).toBe(`> > ${"word ".repeat(11)}`);
  });

  it("cuts a table between rows and repeats its head", () => {
    const head = "| a | b |\n|---|---|\n";
    const row = `| one. two | ${"x".repeat(20)} |\n`;
    expect(splitMessage(`${head}${row.repeat(4)}\nDone.`, { limit: 100 })).toEqual([
      head + row.repeat(2),
      `${head}${row.repeat(2)}\nDone.`,
    ]);
  });

  it("moves a table's head with its first row", () => {
    const table = `| a | b |\n|---|---|\n| one | ${"x".repeat(29)} |\n| two | ${"x".repeat(29)} |`;
    expect(splitMessage(`${"word ".repeat(11)}\n${table}`, { limit: 100 })).toEqual([`${"word ".repeat(11)}\n`, table]);
  });

  it("repeats no head that is a large part of a message", () => {
    const head = `| ${"a".repeat(15)} | b |\n|---|---|\n`;
    const row = `| one | ${"x".repeat(30)} |\n`;
    expect(splitMessage(head + row.repeat(3), { limit: 100 })[1]).toBe(row.repeat(2));
  });

  it("cuts a word without spaces between its characters", () => {
    const astronaut = "👩‍🚀";
    const parts = splitMessage(astronaut.repeat(50), { limit: 100 });
    expect(parts.join("")).toBe(astronaut.repeat(50));
    for (const part of parts) expect(part.length % astronaut.length).toBe(0);
    const zalgo = `a${"\u0301".repeat(250)}`;
    expect(splitMessage(zalgo, { limit: 100 }).join("")).toBe(zalgo);
  });

  it("counts as the platform does", () => {
    const parts = splitMessage("a&b ".repeat(50), { limit: 100, measure: escapedBytes });
    expect(parts.join("")).toBe("a&b ".repeat(50));
    for (const part of parts) expect(escapedBytes(part)).toBeLessThanOrEqual(100);
  });

  it("sends no blank message", () => {
    expect(splitMessage(`text${"\n".repeat(500)}more`, { limit: 100 }).every((part) => part.trim() !== "")).toBe(true);
    expect(splitMessage(" \n ", { limit: 100 })).toEqual([]);
  });

  it("refuses a limit that no fence fits into", () => {
    expect(() => splitMessage("text", { limit: 99 })).toThrow("the limit of a message is 99; it must be 100 or more");
  });

  it("keeps every character, within the limit, whole, with fences closed", () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(100, 137, 400), fc.boolean(), (text, limit, isSlack) => {
        const measure = isSlack ? escapedBytes : (part: string) => part.length;
        const pieces = splitPieces(text, { limit, measure });
        const kept = pieces.map(({ body }) => body).join("");
        expect(kept.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
        for (const { before, body, after } of pieces) {
          const part = before + body + after;
          expect(measure(part)).toBeLessThanOrEqual(limit);
          expect(Buffer.from(part).toString()).toBe(part); // No half of a surrogate pair.
          expect(before === "" || body.trim() !== "").toBe(true);
        }
        for (const { before, body, after } of pieces.slice(0, -1)) expect(isInFence(before + body + after)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("cuts within no link, code, emphasis, quote line or row that fits into a message", () => {
    const unit = fc
      .tuple(
        fc.array(fc.constantFrom("word", "One. Two", "*it*", "a_b", "言葉。"), { minLength: 1, maxLength: 8 }),
        fc.nat(6),
      )
      .map(([words, kind]) => {
        const text = words.join(" ");
        const link = `[${text.slice(0, 40)}](https://example.com/${words.length})`;
        return [
          link,
          `**${text}**`,
          `\`${text}\``,
          `~~${text}~~`,
          `\n> ${text}\n`,
          `\n| ${text} |\n`,
          `<https://a.b/${kind}>`,
        ][kind]!;
      });
    const words = fc.lorem({ maxCount: 8 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(words, unit), { maxLength: 30 }),
        fc.constantFrom(100, 137, 400),
        (pairs, limit) => {
          const parts = pairs.flat();
          const text = parts.join(" ");
          const cuts = new Set<number>();
          let at = 0;
          for (const { body } of splitPieces(text, { limit })) {
            at = text.indexOf(body, at) + body.length;
            cuts.add(at);
          }
          let start = 0;
          for (const [index, part] of parts.entries()) {
            const blankBefore = part.length - part.trimStart().length;
            for (let cut = start + blankBefore + 1; index % 2 === 1 && cut < start + part.trimEnd().length; cut++)
              expect(cuts.has(cut), `cut at ${cut} of ${JSON.stringify(text)}`).toBe(false);
            start += part.length + 1;
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("measures a text of 100,000 characters a few times over, and no more", () => {
    let measured = 0;
    const measure = (part: string) => {
      measured += part.length;
      return part.length;
    };
    const text = "Some **bold** words, a [link](https://example.com) and `code`. ".repeat(1_600);
    for (const limit of [100, 2_000]) {
      measured = 0;
      splitMessage(text, { limit, measure });
      expect(measured / text.length).toBeLessThan(20);
    }
  });

  it("leaves all messages but the last as they are while the text grows", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 1_000 }), (text, length) => {
        const early = splitMessage(text.slice(0, length), { limit: 100 }).slice(0, -1);
        expect(splitMessage(text, { limit: 100 }).slice(0, early.length)).toEqual(early);
      }),
      { numRuns: 300 },
    );
  });
});

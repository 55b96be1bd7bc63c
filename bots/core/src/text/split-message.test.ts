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

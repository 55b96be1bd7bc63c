import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockStream, mustBeWhole } from "./block-stream.ts";
import { renderMarkdown } from "./renderer.ts";

/** Feeds a text in pieces and joins what settled with the last tail. */
function stream(pieces: readonly string[]): { readonly html: string; readonly numSettled: number } {
  const blocks = new BlockStream();
  const sources: string[] = [];
  let text = "";
  let tail = "";
  for (const piece of pieces) {
    text += piece;
    const update = blocks.update(text);
    sources.push(...update.settled);
    tail = update.tail;
  }
  return { html: [...sources, tail].map(renderMarkdown).join(""), numSettled: sources.length };
}

const piece = fc.oneof(
  fc.constantFrom(
    "word ",
    "\n",
    "\n\n",
    "- item\n",
    "1. one\n",
    "  more\n",
    "    deep\n",
    "# head\n",
    "> said\n",
    "---\n",
  ),
  fc.constantFrom(
    "```js\n",
    "```\n",
    "~~~\n",
    "| a | b |\n",
    "|---|---|\n",
    "===\n",
    "**bold** ",
    "`code` ",
    "2",
    ".",
    " ",
  ),
);

describe("BlockStream", () => {
  it("settles a block when the next has begun", () => {
    const blocks = new BlockStream();
    expect(blocks.update("one\n\ntw")).toEqual({ settled: [], tail: "one\n\ntw" });
    expect(blocks.update("one\n\ntwo\n")).toEqual({ settled: ["one\n\n"], tail: "two\n" });
  });

  it("holds a list together across empty lines", () => {
    const blocks = new BlockStream();
    expect(blocks.update("1. a\n\n2").settled).toEqual([]);
    expect(blocks.update("1. a\n\n2. b\n").settled).toEqual([]);
    expect(blocks.update("1. a\n\n2. b\n\nend\n").settled).toEqual(["1. a\n\n2. b\n\n"]);
  });

  it("does not cut code at its empty lines", () => {
    expect(new BlockStream().update("```\na\n\n# b\n\n").settled).toEqual([]);
  });

  it("gives, in the end, what the whole text gives, however it came", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(stream(pieces).html).toBe(renderMarkdown(pieces.join("")));
      }),
      { numRuns: 500 },
    );
  });

  it("looks again only at the block being written", () => {
    const paragraph = `${"word ".repeat(40)}\n\n`;
    const { numSettled } = stream(Array.from({ length: 100 }, () => paragraph));
    expect(numSettled).toBe(99);
  });
});

describe("mustBeWhole", () => {
  it.each(["[a] and\n\n[a]: https://example.com", "- one\n\n  [a]: https://example.com", "> [a]: https://example.com"])(
    "says so of %j, whose link is named in another block",
    (text) => {
      expect(mustBeWhole(text)).toBe(true);
    },
  );

  it.each(["", "text [a](https://example.com): more", "```py\nfor x in a[1:]:\n```"])("does not of %j", (text) => {
    expect(mustBeWhole(text)).toBe(false);
  });
});

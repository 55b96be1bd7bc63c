import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_LENGTH, type ReplyState, replyParts } from "./reply-parts.ts";

const state = (fields: Partial<ReplyState>): ReplyState => ({
  replyId: "r1",
  text: "",
  smallPrint: "",
  buttons: [],
  isEnded: false,
  ...fields,
});

describe("replyParts", () => {
  it("puts the small print and the buttons under the last message", () => {
    const text = "word ".repeat(500);
    const parts = replyParts(state({ text, smallPrint: "fake · 5 tokens", buttons: ["regenerate"], isEnded: true }));
    expect(parts).toHaveLength(2);
    expect(parts[0]!.components).toEqual([]);
    expect(parts[1]!.content).toMatch(/\n-# fake · 5 tokens$/);
    expect(parts[1]!.components).toHaveLength(1);
  });

  it("shows the small print by itself where there is no text yet", () => {
    expect(replyParts(state({ smallPrint: "2 ahead of you…" }))).toEqual([
      { content: "-# 2 ahead of you…", components: [] },
    ]);
  });

  it.each(["", "a"])("cuts the small print between characters (%j before them)", (before) => {
    const [part] = replyParts(state({ smallPrint: before + "😀".repeat(200) }));
    expect(part!.content).toMatch(/😀…$/u);
  });

  it("keeps to five messages; the file comes with the end", () => {
    const text = "word ".repeat(4_000);
    const growing = replyParts(state({ text, buttons: ["stop"] }));
    expect(growing).toHaveLength(5);
    expect(growing[4]!.content).toContain("the whole reply comes as a file");
    expect(growing[4]!.file).toBeUndefined();
    expect(replyParts(state({ text }))[4]!.content).not.toContain("file");
    expect(replyParts(state({ text, isEnded: true }))[4]!.file).toEqual({ name: "reply.md", text });
  });

  it("never makes a message that Discord refuses, nor changes one that is whole as the text grows", () => {
    const lines = fc.array(
      fc.constantFrom("word ", "\n\n", "```js\n", "```\n", "- item\n", "👩‍👩‍👧‍👦", "x".repeat(300)),
    );
    fc.assert(
      fc.property(lines, fc.string({ maxLength: 800 }), (chunks, smallPrint) => {
        let before: readonly string[] = [];
        let text = "";
        for (const chunk of chunks) {
          text += chunk;
          const contents = replyParts(state({ text, smallPrint })).map(({ content }) => content);
          for (const content of contents) expect(content.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
          if (contents.length > before.length)
            expect(contents.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
          before = contents;
        }
      }),
    );
  });
});

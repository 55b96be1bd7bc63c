import { describe, expect, it } from "vitest";
import modelReplies from "./fixtures/model-replies.json" with { type: "json" };
import writtenReplies from "./fixtures/written-replies.json" with { type: "json" };
import { RepetitionGuard } from "./repetition-guard.ts";

/** UTF-16 units of a token, more or less. */
const PIECE = 4;

/** What the guard would keep of a reply; undefined if it leaves it alone. */
function cutOf(text: string): string | undefined {
  const guard = new RepetitionGuard();
  for (let at = 0; at < text.length; at += PIECE) {
    const length = guard.push(text.slice(at, at + PIECE));
    if (length !== undefined) return text.slice(0, length);
  }
  return undefined;
}

// Written by hand: what repeats by right. By the bundled model: bench/model-quality/ordinary-replies.ts made them.
const replies = [
  ...writtenReplies.map(({ kind, text }) => ({ what: kind, text })),
  ...modelReplies.map(({ prompt, text }) => ({ what: prompt, text })),
];

describe("ordinary replies", () => {
  it("are many and varied", () => {
    expect(replies.length).toBeGreaterThanOrEqual(200);
    expect(new Set(replies.map(({ what }) => what)).size).toBeGreaterThan(150);
  });

  it("are left alone by the repetition guard", () => {
    const cut = replies.flatMap(({ what, text }) => (cutOf(text) === undefined ? [] : [{ what, kept: cutOf(text) }]));
    expect(cut).toEqual([]);
  });

  it("are cut once their end goes on and on", () => {
    const loop = "So it went on, and nobody knew why. ";
    for (const { text } of modelReplies)
      expect(cutOf(`${text}\n${loop.repeat(9)}`)?.trimEnd()).toBe(`${text}\n${loop.trimEnd()}`);
  });
});

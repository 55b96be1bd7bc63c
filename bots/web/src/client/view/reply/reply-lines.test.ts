import { describe, expect, it } from "vitest";
import { endLine, promptLine, statusLine } from "./reply-lines.ts";

describe("statusLine", () => {
  it.each([
    [{ type: "waiting" }, "Thinking"],
    [{ type: "queued", ahead: 3 }, "3 ahead of you"],
    [{ type: "loading", model: "m", loadedBytes: 1, totalBytes: 2 }, "Loading m"],
    [{ type: "reading", promptTokens: 1200, cachedTokens: 0 }, "Reading 1,200 tokens"],
    [{ type: "reading", promptTokens: 1200, cachedTokens: 64 }, "Reading 1,200 tokens, 64 from the cache"],
    [{ type: "interrupted" }, "Cut off; it goes on within half a minute"],
    [{ type: "streaming" }, ""],
    [{ type: "ended", end: "complete" }, ""],
  ] as const)("says %j as %j", (state, line) => {
    expect(statusLine(state)).toBe(line);
  });
});

describe("promptLine", () => {
  it("tells how much of the prompt was known", () => {
    expect(promptLine({ promptTokens: 1200, cachedTokens: 1152 })).toBe("Prompt of 1,200 tokens, 1,152 from the cache");
    expect(promptLine({ promptTokens: 12, cachedTokens: 0 })).toBe("Prompt of 12 tokens");
  });
});

describe("endLine", () => {
  it("is silent about a reply that simply ended, and names every other end", () => {
    expect(endLine("complete")).toBe("");
    for (const end of ["stopped", "length", "contextFull", "timeBudget", "repetition"] as const)
      expect(endLine(end)).not.toBe("");
  });

  it("says who stopped it", () => {
    expect(endLine("stopped", "you")).toBe("Stopped by you");
    expect(endLine("stopped")).toBe("Stopped");
  });
});

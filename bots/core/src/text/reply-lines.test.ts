import { describe, expect, it } from "vitest";
import { canContinue, endLine, endWords, statsLine, statusLine } from "./reply-lines.ts";

const stats = {
  model: "smollm2-135m",
  promptTokens: 12,
  cachedTokens: 4,
  completionTokens: 61,
  queueMs: 0,
  modelLoadMs: 0,
  prefillMs: 30,
  timeToFirstTokenMs: 40,
  decodeMs: 395,
};

describe("reply lines", () => {
  it("give model, time to first token, speed and length", () => {
    expect(statsLine(stats)).toBe("smollm2-135m · 0.04 s to first token · 152 tok/s · 61 tokens");
    expect(statsLine({ ...stats, completionTokens: 1, decodeMs: 0 })).toBe(
      "smollm2-135m · 0.04 s to first token · 1 token",
    );
  });

  it("tell of thoughts that were left out", () => {
    expect(statsLine({ ...stats, thoughtWords: 1_212 })).toBe(
      "smollm2-135m · thought for 1,212 words · 0.04 s to first token · 152 tok/s · 61 tokens",
    );
    expect(statsLine({ ...stats, thoughtWords: 1 })).toContain(" · thought for 1 word · ");
  });

  it("keep a digit of a low speed and leave one of a long time out", () => {
    expect(statsLine({ ...stats, completionTokens: 3, decodeMs: 1_600, timeToFirstTokenMs: 12_345 })).toBe(
      "smollm2-135m · 12.3 s to first token · 1.3 tok/s · 3 tokens",
    );
  });

  it("say what a reply waits for", () => {
    expect(statusLine({ type: "queued", ahead: 3 })).toBe("3 ahead of you");
    expect(statusLine({ type: "loading", model: "m", loadedBytes: 45e6, totalBytes: 1_200e6 })).toBe(
      "Loading m (45 of 1,200 MB)",
    );
    expect(statusLine({ type: "loading", model: "m", loadedBytes: 0, totalBytes: 0 })).toBe("Loading m");
    expect(statusLine({ type: "thinking" })).toBe("Thinking");
    expect(statusLine({ type: "reading", promptTokens: 1_200, cachedTokens: 0 })).toBe("Reading 1,200 tokens");
    expect(statusLine({ type: "reading", promptTokens: 1_200, cachedTokens: 900 })).toBe(
      "Reading 1,200 tokens, 900 from the cache",
    );
  });

  it("say how a reply ended unless it simply did", () => {
    expect(endLine("complete")).toBeUndefined();
    for (const end of ["stopped", "length", "contextFull", "timeBudget", "repetition"] as const)
      expect(endLine(end)).toBe(`${endWords(end)}.`);
    expect(endLine("length")).toBe("Cut at the length limit.");
  });

  it("offer Continue where there is more to come", () => {
    expect(
      (["length", "contextFull", "timeBudget", "stopped", "complete", "repetition"] as const).filter(canContinue),
    ).toEqual(["length", "contextFull", "timeBudget", "stopped"]);
  });
});

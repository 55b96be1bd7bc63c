import { describe, expect, it } from "vitest";
import { endLine, megabytesLine, statsFigures, statusLine } from "./reply-lines.ts";

const stats = {
  model: "smollm2-135m",
  promptTokens: 12,
  cachedTokens: 0,
  completionTokens: 61,
  queueMs: 0,
  modelLoadMs: 0,
  prefillMs: 30,
  timeToFirstTokenMs: 40,
  decodeMs: 394.7,
};

describe("statsFigures", () => {
  it("gives model, time to the first token, rate and length", () => {
    expect(statsFigures(stats)).toEqual(["smollm2-135m", "0.04 s to first token", "152 tok/s", "61 tokens"]);
  });

  it("leaves the rate out where there is none, and keeps a digit where it is low", () => {
    const [, , ...short] = statsFigures({ ...stats, completionTokens: 1, decodeMs: 0 });
    expect(short).toEqual(["1 token"]);
    const [, ...slow] = statsFigures({ ...stats, completionTokens: 3, decodeMs: 1_600, timeToFirstTokenMs: 12_345 });
    expect(slow).toEqual(["12.3 s to first token", "1.3 tok/s", "3 tokens"]);
  });
});

describe("statusLine", () => {
  it.each([
    [{ type: "waiting" }, "Thinking"],
    [{ type: "queued", ahead: 3 }, "Waiting, 3 ahead of you"],
    [{ type: "queued", ahead: 0 }, "Next in line"],
    [{ type: "loading", model: "m", loadedBytes: 1, totalBytes: 2 }, "Loading m"],
    [{ type: "reading", promptTokens: 1200, cachedTokens: 0 }, "Reading 1,200 tokens"],
    [{ type: "reading", promptTokens: 1200, cachedTokens: 64 }, "Reading 1,200 tokens, 64 from the cache"],
    [{ type: "interrupted" }, "The chat server stopped; this reply is taken up again once one runs"],
    [{ type: "streaming" }, ""],
    [{ type: "ended", end: "complete" }, ""],
  ] as const)("says %j as %j", (state, line) => {
    expect(statusLine(state)).toBe(line);
  });
});

describe("megabytesLine", () => {
  it("gives whole megabytes", () => {
    expect(megabytesLine(41_400_000, 96_800_000)).toBe("41 of 97 MB");
  });
});

describe("endLine", () => {
  it("is silent about a reply that simply ended, and names every other end", () => {
    expect(endLine("complete")).toBe("");
    for (const end of ["stopped", "length", "contextFull", "timeBudget", "repetition"] as const)
      expect(endLine(end)).not.toBe("");
  });

  it("says who stopped it", () => {
    const ada = { id: "ada", name: "Ada" };
    expect(endLine("stopped", ada, "ada")).toBe("Stopped by you");
    expect(endLine("stopped", ada, "ben")).toBe("Stopped by Ada");
    expect(endLine("stopped", undefined, "ben")).toBe("Stopped");
  });
});

import { describe, expect, it } from "vitest";
import { complete, type Engine, interTokenLatenciesMs, longestWaitMs, timeToFirstTokenMs } from "./engine.ts";

/** Writes these texts, and says that they were so many tokens. */
const engineOf = (texts: readonly string[], completionTokens: number): Engine => ({
  name: "a peer",
  async *stream() {
    for (const text of texts) yield { text, numTokens: 1 };
    yield { text: "", numTokens: 0, usage: { promptTokens: 7, completionTokens } };
  },
});

describe("complete", () => {
  it("takes the text, and a time for each piece that has any with the tokens before it that had none", async () => {
    const reply = await complete(engineOf(["a", "", "b"], 3), "prompt", 3);
    expect(reply).toMatchObject({ text: "ab", promptTokens: 7 });
    expect(reply.arrivals.map(({ numTokens }) => numTokens)).toEqual([1, 2]);
    expect(timeToFirstTokenMs(reply)).toBeGreaterThanOrEqual(0);
  });

  it("refuses a reply of another length, which would be no comparison", async () => {
    await expect(complete(engineOf(["a"], 2), "prompt", 3)).rejects.toThrow("a peer wrote 2 tokens; 3 were asked for");
    await expect(complete(engineOf([], 3), "prompt", 3)).rejects.toThrow("a peer wrote");
  });
});

const one = (atMs: number) => ({ atMs, numTokens: 1 });

describe("interTokenLatenciesMs", () => {
  it("is the time from each token to the next, in equal parts where several came at once", () => {
    expect(interTokenLatenciesMs({ arrivals: [one(5), one(6), { atMs: 12, numTokens: 3 }] })).toEqual([1, 2, 2, 2]);
    expect(interTokenLatenciesMs({ arrivals: [{ atMs: 5, numTokens: 2 }] })).toEqual([]);
  });
});

describe("longestWaitMs", () => {
  it("is that of the waits that end after a time", () => {
    expect(longestWaitMs([one(0), one(50), one(60), one(80)], 55, 81)).toBe(20);
    expect(longestWaitMs([one(0), one(50), one(60), one(62)], 10, 65)).toBe(50);
  });

  it("counts the one that lasts when the watch ends, as that of a row that got nothing at all", () => {
    expect(longestWaitMs([one(0), one(10)], 20, 500)).toBe(490);
    expect(longestWaitMs([one(0), one(10), one(30), one(900)], 20, 500)).toBe(470);
  });
});

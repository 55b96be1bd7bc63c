import { describe, expect, it, onTestFinished, vi } from "vitest";
import { TerminalReply } from "./terminal-reply.ts";

const stats = {
  model: "m",
  promptTokens: 12,
  cachedTokens: 0,
  completionTokens: 51,
  queueMs: 0,
  modelLoadMs: 0,
  prefillMs: 30,
  timeToFirstTokenMs: 40,
  decodeMs: 500,
};

function terminal() {
  const printed: string[] = [];
  const notes: string[] = [];
  const reply = new TerminalReply({
    signal: new AbortController().signal,
    write: (text) => printed.push(text),
    note: (line) => notes.push(line),
  });
  return { reply, notes, printed: () => printed.join("") };
}

describe("TerminalReply", () => {
  it("prints the text as it comes, ends its line, and notes the figures", async () => {
    const { reply, notes, printed } = terminal();
    await reply.append("Hello");
    await reply.append(" you.");
    await reply.finish("complete", "Hello you.", stats);
    expect(printed()).toBe("Hello you.\n");
    expect(notes).toEqual(["m · 0.04 s to first token · 100 tok/s · 51 tokens"]);
  });

  it("prints nothing that a terminal obeys", async () => {
    const { reply, printed } = terminal();
    await reply.append("\u001b[2Jgone\n");
    await reply.append("\u0007");
    await reply.fail("\u001b[31mbroken");
    expect(printed()).toBe("[2Jgone\n");
    expect(reply.failure).toBe("[31mbroken");
  });

  it("adds no line break where there is one", async () => {
    const { reply, printed } = terminal();
    await reply.append("A line.\n");
    await reply.append("");
    await reply.finish("complete", "A line.\n", undefined);
    expect(printed()).toBe("A line.\n");
  });

  it("says what it waits for, and how it ended if not by itself", async () => {
    const { reply, notes } = terminal();
    await reply.status({ type: "queued", ahead: 3 });
    await reply.status({ type: "loading", model: "m", loadedBytes: 45e6, totalBytes: 98e6 });
    await reply.status({ type: "reading", promptTokens: 12, cachedTokens: 0 });
    await reply.status({ type: "reading", promptTokens: 12, cachedTokens: 4 });
    await reply.finish("length", "", { ...stats, completionTokens: 1, decodeMs: 0 });
    expect(notes).toEqual([
      "3 ahead of you",
      "Loading m (45 of 98 MB)",
      "Reading 12 tokens",
      "Reading 12 tokens, 4 from the cache",
      "Cut at the length limit · m · 0.04 s to first token · 1 token",
    ]);
  });

  it("tells of a load at most once a second", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { reply, notes } = terminal();
    const load = (loadedBytes: number) => reply.status({ type: "loading", model: "m", loadedBytes, totalBytes: 98e6 });
    for (const bytes of [1e6, 2e6, 3e6]) await load(bytes);
    vi.advanceTimersByTime(1_000);
    await load(50e6);
    expect(notes).toEqual(["Loading m (1 of 98 MB)", "Loading m (50 of 98 MB)"]);
  });

  it("keeps what was written when it fails", async () => {
    const { reply, printed } = terminal();
    await reply.append("Half a");
    await reply.fail("The service went away.");
    expect(printed()).toBe("Half a\n");
    expect(reply.failure).toBe("The service went away.");
  });
});

import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PacedClient } from "../api/paced-client.ts";
import { Threads } from "./threads.ts";

const byBot = { ts: "1.2", user: "UBOT" };
const byAnn = { ts: "1.1", user: "U1" };
const place = (ts: string) => ({ channel: "C1", threadTs: "1.1", ts });

/** Threads over a Slack that lists these messages after so many failures, and a memory of those threads. */
function createThreads({
  messages = [byAnn],
  hasMore = false,
  remembered = "",
  hasBudget = true,
  numFailures = 0,
  msPerCall = 0,
} = {}) {
  const waits: number[] = [];
  const calls: string[] = [];
  const list = async (method: string) => {
    calls.push(method);
    if (calls.length <= numFailures) throw new Error("Slack is down");
    return hasBudget ? { ok: true, messages, has_more: hasMore } : undefined;
  };
  const callWithin = (ms: number, method: string) => {
    waits.push(ms);
    if (msPerCall > 0) vi.setSystemTime(Date.now() + msPerCall);
    return list(method);
  };
  const client = { callNow: list, callWithin, call: () => new Promise(() => undefined) } as unknown as PacedClient;
  const remembers = async (_: string, threadTs: string) => threadTs === remembered;
  const logger = pino({ level: "silent" });
  return { calls, waits, threads: new Threads({ client, botUserId: "UBOT", remembers, logger }) };
}

describe("Threads", () => {
  afterEach(() => void vi.useRealTimers());

  it("has those that are remembered without asking Slack, and knows them from then on", async () => {
    const { threads, calls } = createThreads({ remembered: "1.1" });
    expect(threads.knows(place("1.9"))).toBeUndefined();
    expect(await threads.has(place("1.9"))).toBe(true);
    expect(threads.knows(place("1.9"))).toBe(true);
    expect(calls).toEqual([]);
  });

  it("looks once into those that are not, and has those where the bot wrote", async () => {
    const strange = createThreads();
    expect([await strange.threads.has(place("1.9")), await strange.threads.has(place("2.0"))]).toEqual([false, false]);
    expect(strange.calls).toEqual(["conversations.replies"]);
    expect(await createThreads({ messages: [byAnn, byBot] }).threads.has(place("1.9"))).toBe(true);
  });

  it("has no message from before it came in, however late that one is looked at", async () => {
    const mention = { ts: "1.5", user: "U1", text: "<@UBOT> sum up" };
    const { threads } = createThreads({ messages: [byAnn, mention] });
    expect([await threads.has(place("1.3")), await threads.has(place("1.6"))]).toEqual([false, true]);
    const answering = createThreads().threads;
    for (const ts of ["1.5", "1.7"]) answering.join("C1", "1.1", ts);
    expect([answering.knows(place("1.3")), answering.knows(place("1.6"))]).toEqual([false, true]);
  });

  it("does not wait while Slack's calls are used up: nobody knows, and the next message is looked at anew", async () => {
    const { threads, calls } = createThreads({ hasBudget: false, messages: [byBot] });
    expect([await threads.has(place("1.9")), await threads.has(place("2.0"))]).toEqual([undefined, undefined]);
    expect(calls).toHaveLength(2);
  });

  it("looks anew into one that could not be read", async () => {
    const { threads } = createThreads({ numFailures: 1, messages: [byBot] });
    expect([await threads.has(place("1.9")), await threads.has(place("2.0"))]).toEqual([undefined, true]);
  });

  it("may have one that is longer than what is looked at, and one that cannot be read", async () => {
    expect(await createThreads({ hasMore: true }).threads.mayHave(place("1.9"))).toBeUndefined();
    expect(await createThreads({ numFailures: 1 }).threads.mayHave(place("1.9"))).toBeUndefined();
    expect(await createThreads({ remembered: "1.1" }).threads.mayHave(place("1.9"))).toBe(false);
  });

  it.each([
    [1_000, [3_000, 2_000, 1_000]],
    [3_000, [3_000]],
    [4_000, [3_000]],
  ])("looks for a thread's end within three seconds, where a call takes %d ms", async (msPerCall, expected) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { threads, waits } = createThreads({ hasMore: true, msPerCall });
    expect(await threads.before(place("1.9"))).toEqual([byAnn]);
    expect(waits).toEqual(expected);
  });

  it("has nothing before a message where Slack does not tell in time", async () => {
    const { threads } = createThreads({ numFailures: 1 });
    expect([await threads.before(place("1.9")), await threads.before(place("1.9"))]).toEqual([[], [byAnn]]);
  });
});

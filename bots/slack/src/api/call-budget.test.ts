import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CallBudget } from "./call-budget.ts";

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** When each of so many callers gets its call, in milliseconds from the first. */
async function takeAll(budget: CallBudget, count: number, method: Parameters<CallBudget["take"]>[0], channel = "") {
  const taken: number[] = [];
  const startMs = Date.now();
  const callers = Array.from({ length: count }, async () => {
    await budget.take(method, channel);
    taken.push(Date.now() - startMs);
  });
  await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
  await Promise.all(callers);
  return taken;
}

describe("CallBudget", () => {
  it.each([
    ["chat.startStream", 20],
    ["chat.stopStream", 20],
    ["chat.appendStream", 100],
    ["chat.update", 50],
  ] as const)("never makes more calls of %s in a minute than the %i that Slack allows", async (method, most) => {
    const taken = await takeAll(new CallBudget(Date.now), 2 * most, method);
    for (const atMs of taken) {
      const inMinute = taken.filter((other) => other >= atMs && other < atMs + MINUTE_MS);
      expect(inMinute.length).toBeLessThanOrEqual(most);
    }
    expect(taken.at(-1)).toBeLessThan(10 * MINUTE_MS);
  });

  it("has no room for what may wait while the last calls are kept for last texts, which go at once", async () => {
    const budget = new CallBudget(Date.now);
    let halfway = 0;
    while (budget.hasRoom("chat.update") && budget.tryTake("chat.update")) halfway++;
    expect(halfway).toBeGreaterThan(10);
    expect(await takeAll(budget, 5, "chat.update")).toEqual([0, 0, 0, 0, 0]);
  });

  it("lets one post a second into a channel, each channel for itself", async () => {
    const budget = new CallBudget(Date.now);
    expect(await takeAll(budget, 3, "chat.postMessage", "C1")).toEqual([0, 1_050, 2_100]);
    expect(await takeAll(budget, 1, "chat.postMessage", "C2")).toEqual([0]);
  });

  it("says at once whether there is a call left", () => {
    const budget = new CallBudget(Date.now);
    const taken = Array.from({ length: 20 }, () => budget.tryTake("chat.startStream"));
    expect(taken.filter(Boolean)).toHaveLength(9);
    vi.advanceTimersByTime(Math.ceil(MINUTE_MS / 9));
    expect(budget.tryTake("chat.startStream")).toBe(true);
  });

  it("keeps still for as long as Slack asks", async () => {
    const budget = new CallBudget(Date.now);
    budget.block("chat.update", "", 30_000);
    expect(budget.tryTake("chat.update")).toBe(false);
    expect(await takeAll(budget, 1, "chat.update")).toEqual([30_000]);
  });

  it("takes its part where several processes share the limits", () => {
    const budget = new CallBudget(Date.now);
    budget.tryTake("chat.startStream");
    budget.shareAmong(3);
    const taken = Array.from({ length: 20 }, () => budget.tryTake("chat.startStream"));
    expect(taken.filter(Boolean)).toHaveLength(3);
  });

  it("refuses callers when too many wait already", async () => {
    const budget = new CallBudget(Date.now);
    budget.block("chat.update", "", MINUTE_MS);
    const waiting = Array.from({ length: 200 }, () => budget.take("chat.update"));
    await expect(budget.take("chat.update")).rejects.toThrow("200 calls of chat.update wait already");
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
    await Promise.all(waiting);
    await budget.take("chat.update");
  });

  it("takes no call for those who no longer wait, and holds nobody up for them", async () => {
    const budget = new CallBudget(Date.now);
    budget.block("chat.update", "", MINUTE_MS);
    const leaving = new AbortController();
    const waiting = Array.from({ length: 50 }, () => budget.take("chat.update", "", leaving.signal));
    const next = takeAll(budget, 1, "chat.update");
    leaving.abort(new Error("left"));
    const ended = await Promise.allSettled(waiting);
    expect(ended.every(({ status }) => status === "rejected")).toBe(true);
    expect(await next).toEqual([MINUTE_MS]);
  });

  it("serves callers in order", async () => {
    const budget = new CallBudget(Date.now);
    const served: number[] = [];
    const callers = Array.from({ length: 60 }, (_, n) => budget.take("chat.update").then(() => served.push(n)));
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    await Promise.all(callers);
    expect(served).toEqual(Array.from({ length: 60 }, (_, n) => n));
  });
});

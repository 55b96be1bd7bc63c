import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PacedClient } from "../api/paced-client.ts";
import { ThreadStatus } from "./thread-status.ts";

/** Slack's own. */
const STATUS_LIFETIME_MS = 120_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Statuses as they were set, and when; with `isBusy` nothing may be called at once, and a stop button is answered after `afterMs`. */
function startStatus({ isBusy = false, afterMs = 0 } = {}) {
  const set: { readonly status: unknown; readonly atMs: number }[] = [];
  const call = async (_: string, { status }: Readonly<Record<string, unknown>>) => {
    set.push({ status, atMs: Date.now() });
    return { ok: true };
  };
  const callNow = async (...args: Parameters<typeof call>) => {
    if (isBusy) return undefined;
    const answer = await call(...args);
    if (args[1].status === "processing") await new Promise((resolve) => setTimeout(resolve, afterMs));
    return answer;
  };
  const client = { call, callNow } as unknown as PacedClient;
  return { set, status: new ThreadStatus(client, { channel: "C1", threadTs: "1.1" }, pino({ level: "silent" })) };
}

describe("ThreadStatus", () => {
  it("is set again before Slack clears it, as long as nothing is shown", async () => {
    const { set, status } = startStatus();
    status.show("is thinking…");
    await vi.advanceTimersByTimeAsync(10 * STATUS_LIFETIME_MS);
    const gaps = set.slice(1).map(({ atMs }, index) => atMs - set[index]!.atMs);
    expect(gaps.length).toBeGreaterThan(9);
    expect(Math.max(...gaps)).toBeLessThan(STATUS_LIFETIME_MS);
  });

  it("is set no more once words are there, and cleared at the end", async () => {
    const { set, status } = startStatus();
    status.show("is writing…");
    await vi.advanceTimersByTimeAsync(1_000);
    status.end();
    await vi.advanceTimersByTimeAsync(STATUS_LIFETIME_MS);
    expect(set.map((one) => one.status)).toEqual(["is writing…"]);
    void status.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(set.map((one) => one.status)).toEqual(["is writing…", ""]);
  });

  it("is cleared where calls have to wait too", async () => {
    const { set, status } = startStatus({ isBusy: true });
    status.show("is writing…");
    void status.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(set.map((one) => one.status)).toEqual([""]);
  });

  it("takes a stop button away that was still to be shown", async () => {
    const { set, status } = startStatus({ afterMs: 5_000 });
    void status.showStopButton();
    void status.clear();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(set.map((one) => one.status)).toEqual(["processing", "", "active"]);
  });

  it("shows nothing that comes after its end", async () => {
    const { set, status } = startStatus();
    void status.clear();
    status.show("is waiting, 1 ahead of you…");
    await vi.advanceTimersByTimeAsync(2 * STATUS_LIFETIME_MS);
    expect(set.map((one) => one.status)).toEqual([""]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

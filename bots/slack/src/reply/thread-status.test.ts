import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PacedClient } from "../api/paced-client.ts";
import { ThreadStatus } from "./thread-status.ts";

/** Slack's own. */
const STATUS_LIFETIME_MS = 120_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Statuses as they were set, and when. */
function startStatus() {
  const set: { readonly status: unknown; readonly atMs: number }[] = [];
  const call = async (_: string, { status }: Readonly<Record<string, unknown>>) => {
    set.push({ status, atMs: Date.now() });
    return { ok: true };
  };
  const client = { call, callNow: call } as unknown as PacedClient;
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
});

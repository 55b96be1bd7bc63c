import { afterEach, describe, expect, it, vi } from "vitest";
import { describeStores } from "../testing/describe-stores.contract.ts";
import { testEntry } from "../testing/test-entry.ts";
import { createMemoryStores } from "./memory-stores.ts";

const MINUTE_MS = 60_000;
const round = { author: "Ann", user: "a", assistant: "b", atMs: 0 };
const options = { window: 6, generation: "" };
const open = (roundsTtlMs = MINUTE_MS) => createMemoryStores({ roundsTtlMs });

describeStores("Memory", async (roundsTtlMs) => {
  const stores = open(roundsTtlMs);
  return { stores: [stores, stores], close: () => stores.close() };
});

describe("memory stores in time", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("forget a conversation that was silent for longer than its time", async () => {
    vi.useFakeTimers();
    const { rounds } = open();
    await rounds.append("c", round, options);
    vi.advanceTimersByTime(59_000);
    await rounds.append("c", round, options);
    vi.advanceTimersByTime(59_000);
    expect((await rounds.read("c")).rounds).toHaveLength(2);
    vi.advanceTimersByTime(1_000);
    expect((await rounds.read("c")).rounds).toEqual([]);
  });

  it("keep a reply under a button as long as the rounds beside it", async () => {
    vi.useFakeTimers();
    const { rounds, replies } = open();
    const reply = { id: "r1", messageId: "m1", author: "Ann", question: "a", text: "b", end: "complete" } as const;
    await rounds.append("c", round, { ...options, reply });
    vi.advanceTimersByTime(59_000);
    await rounds.append("c", round, options);
    vi.advanceTimersByTime(59_000);
    expect(await replies.get("c", "r1")).toEqual(reply);
    vi.advanceTimersByTime(1_000);
    expect(await replies.get("c", "r1")).toBeUndefined();
  });

  it("free an event after ten minutes, and not while it is being answered", async () => {
    vi.useFakeTimers();
    const { inbox } = open();
    const [answered, pending] = [testEntry(), testEntry()];
    await (await inbox.claim(answered))!.end();
    const delivery = (await inbox.claim(pending))!;
    vi.advanceTimersByTime(9 * MINUTE_MS);
    expect(await inbox.claim(answered)).toBeUndefined();
    vi.advanceTimersByTime(MINUTE_MS);
    expect(await inbox.claim(answered)).toBeDefined();
    vi.advanceTimersByTime(60 * MINUTE_MS);
    expect(await inbox.claim(pending)).toBeUndefined();
    await delivery.end();
    vi.advanceTimersByTime(9 * MINUTE_MS);
    expect(await inbox.claim(pending)).toBeUndefined();
  });

  it("keep at most a hundred thousand claims, the oldest going first", async () => {
    const { claims } = open();
    for (let index = 0; index <= 100_000; index++) await claims.claim("web:local", `${index}`);
    expect(await claims.claim("web:local", "1")).toBe(false);
    expect(await claims.claim("web:local", "0")).toBe(true);
  });

  it("refuse a new entry where ten thousand are pending, and not what is delivered again", async () => {
    const { inbox } = open();
    const entries = Array.from({ length: 10_000 }, () => testEntry());
    for (const entry of entries) await inbox.claim(entry);
    expect(await inbox.claim(entries[0]!)).toBeUndefined();
    await expect(inbox.claim(testEntry())).rejects.toMatchObject({ code: "CONVERSATION_BUSY" });
  });

  it("keep at most ten thousand conversations, those longest silent going first", async () => {
    const { rounds } = open();
    for (let index = 0; index < 10_000; index++) await rounds.append(`c${index}`, round, options);
    await rounds.append("c0", round, options);
    await rounds.append("new", round, options);
    expect(await Promise.all(["c0", "c1", "c2"].map((key) => rounds.count(key)))).toEqual([2, 0, 1]);
  });

  it("keep the settings of at most ten thousand conversations, and count none that has none", async () => {
    const { settings } = open();
    for (let index = 0; index < 10_000; index++) await settings.update(`c${index}`, { window: 2 });
    await settings.update("c0", { window: undefined });
    await settings.update("new", { window: 3 });
    expect(await settings.get("c1")).toEqual({ window: 2 });
    await settings.update("newer", { window: 3 });
    expect(await settings.get("c1")).toEqual({});
  });
});

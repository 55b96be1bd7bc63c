import { afterEach, describe, expect, it, vi } from "vitest";
import { describeConversationStore } from "../conversation/conversation-store.contract.ts";
import { createMemoryConversationStore } from "./memory-conversation-store.ts";

const turn = { author: "Ann", user: "a", assistant: "b", atMs: 0 };

describeConversationStore("MemoryConversationStore", async (turnsTtlMs) => {
  const store = createMemoryConversationStore({ turnsTtlMs });
  return { stores: [store, store], close: () => store.close() };
});

describe("MemoryConversationStore in time", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("forgets a conversation that was silent for longer than its time", async () => {
    vi.useFakeTimers();
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    await store.appendRound("c", turn, 6);
    vi.advanceTimersByTime(59_000);
    await store.appendRound("c", turn, 6);
    vi.advanceTimersByTime(59_000);
    expect(await store.rounds("c")).toHaveLength(2);
    vi.advanceTimersByTime(1_000);
    expect(await store.rounds("c")).toEqual([]);
  });

  it("keeps a reply under a button as long as the rounds beside it", async () => {
    vi.useFakeTimers();
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    const reply = { id: "r1", messageId: "m1", author: "Ann", question: "a", text: "b", end: "complete" } as const;
    await store.appendRound("c", turn, 6, { reply });
    vi.advanceTimersByTime(59_000);
    await store.appendRound("c", turn, 6);
    vi.advanceTimersByTime(59_000);
    expect(await store.keptReply("c", "r1")).toEqual(reply);
    vi.advanceTimersByTime(1_000);
    expect(await store.keptReply("c", "r1")).toBeUndefined();
  });

  it("frees an event id after ten minutes", async () => {
    vi.useFakeTimers();
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    await store.claimEvent("web:local", "old");
    vi.advanceTimersByTime(9 * 60_000);
    await store.claimEvent("web:local", "young");
    vi.advanceTimersByTime(60_000);
    expect(await store.claimEvent("web:local", "young")).toBe(false);
    expect(await store.claimEvent("web:local", "old")).toBe(true);
  });

  it("holds a claim for ten minutes more when it is renewed, and makes none that is over", async () => {
    vi.useFakeTimers();
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    await store.claimEvent("web:local", "e");
    vi.advanceTimersByTime(9 * 60_000);
    await store.renewEvent("web:local", "e");
    vi.advanceTimersByTime(9 * 60_000);
    expect(await store.claimEvent("web:local", "e")).toBe(false);
    vi.advanceTimersByTime(60_000);
    await store.renewEvent("web:local", "e");
    expect(await store.claimEvent("web:local", "e")).toBe(true);
  });

  it("keeps at most a hundred thousand claims, the oldest going first", async () => {
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    for (let index = 0; index <= 100_000; index++) await store.claimEvent("web:local", `${index}`);
    expect(await store.claimEvent("web:local", "1")).toBe(false);
    expect(await store.claimEvent("web:local", "0")).toBe(true);
  });

  it("keeps at most ten thousand conversations, those longest silent going first", async () => {
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    for (let index = 0; index < 10_000; index++) await store.appendRound(`c${index}`, turn, 6);
    await store.appendRound("c0", turn, 6);
    await store.appendRound("new", turn, 6);
    expect(await store.rounds("c0")).toHaveLength(2);
    expect(await store.rounds("c1")).toEqual([]);
    expect(await store.rounds("c2")).toHaveLength(1);
  });

  it("keeps the settings of at most ten thousand conversations, and counts none that has none", async () => {
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    for (let index = 0; index < 10_000; index++) await store.updateSettings(`c${index}`, { window: 2 });
    await store.updateSettings("c0", { window: undefined });
    await store.updateSettings("new", { window: 3 });
    expect(await store.settings("c1")).toEqual({ window: 2 });
    await store.updateSettings("newer", { window: 3 });
    expect(await store.settings("c1")).toEqual({});
  });
});

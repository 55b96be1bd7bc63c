import { afterEach, describe, expect, it, vi } from "vitest";
import { describeConversationStore } from "./conversation-store.contract.ts";
import { createMemoryConversationStore } from "./memory-conversation-store.ts";

const turn = { author: "Ann", user: "a", assistant: "b", atMs: 0 };

describeConversationStore("MemoryConversationStore", async () => {
  const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
  return { stores: [store, store], close: () => store.close() };
});

describe("MemoryConversationStore in time", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("forgets a conversation that was silent for longer than its time", async () => {
    vi.useFakeTimers();
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    await store.appendTurn("c", turn, 6);
    vi.advanceTimersByTime(59_000);
    await store.appendTurn("c", turn, 6);
    vi.advanceTimersByTime(59_000);
    expect(await store.turns("c")).toHaveLength(2);
    vi.advanceTimersByTime(1_000);
    expect(await store.turns("c")).toEqual([]);
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

  it("keeps at most ten thousand conversations, those longest silent going first", async () => {
    const store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    for (let index = 0; index < 10_000; index++) await store.appendTurn(`c${index}`, turn, 6);
    await store.appendTurn("c0", turn, 6);
    await store.appendTurn("new", turn, 6);
    expect(await store.turns("c0")).toHaveLength(2);
    expect(await store.turns("c1")).toEqual([]);
    expect(await store.turns("c2")).toHaveLength(1);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BotError } from "../port/bot-error.ts";
import { createTestCore, roundsOf, testPlace } from "../testing/test-core.ts";

const away = () => Promise.reject(new BotError("MEMORY_UNAVAILABLE"));

describe("while the store is away", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("what is deleted is forgotten once it is back", async () => {
    const { core, stores, send } = createTestCore();
    await send("A secret", { messageId: "m1" });
    const note = stores.inbox.note.bind(stores.inbox);
    stores.inbox.note = away;
    await core.handleDeletion({ place: testPlace, ids: ["m1"] });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await roundsOf(stores)).toHaveLength(1);
    stores.inbox.note = note;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await roundsOf(stores)).toEqual([]);
  });

  it("the last of several edits holds", async () => {
    const { core, stores, send } = createTestCore();
    await send("One", { messageId: "m1" });
    const edit = vi.fn(stores.replies.editQuestion.bind(stores.replies));
    stores.replies.editQuestion = away;
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "Two" });
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "Three" });
    stores.replies.editQuestion = edit;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(edit.mock.calls.map(([, , question]) => question)).toEqual(["Three"]);
  });

  it("what was said to be not remembered is not, though the store did what it did not answer", async () => {
    const { stores, send } = createTestCore();
    const append = stores.rounds.append.bind(stores.rounds);
    stores.rounds.append = async (...args) => {
      await append(...args);
      return await away();
    };
    expect((await send("A secret")).text).toMatch(/will not remember/);
    expect(await roundsOf(stores)).toEqual([]);
  });

  it("a change is given up after ten minutes", async () => {
    const { core, stores } = createTestCore();
    const note = vi.fn(away);
    stores.inbox.note = note;
    await core.handleDeletion({ place: testPlace, ids: ["m1"] });
    await vi.advanceTimersByTimeAsync(11 * 60_000);
    const tries = note.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(note).toHaveBeenCalledTimes(tries);
  });
});

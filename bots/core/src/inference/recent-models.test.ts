import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGate, fakeModel } from "../testing.ts";
import { createRecentModels } from "./recent-models.ts";

describe("recent models", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  const listNow = vi.fn(async () => [fakeModel()]);
  beforeEach(() => void listNow.mockClear());

  it("are listed once for all who ask within a second", async () => {
    const recent = createRecentModels(listNow);
    expect(await Promise.all([recent.list(), recent.list()])).toMatchObject([[{ name: "fake" }], [{ name: "fake" }]]);
    vi.advanceTimersByTime(999);
    await recent.list();
    expect(listNow).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await recent.list();
    expect(listNow).toHaveBeenCalledTimes(2);
  });

  it("are listed once for all who ask meanwhile and within a second of the answer, however long that takes", async () => {
    const recent = createRecentModels(listNow);
    const answered = createGate();
    listNow.mockReturnValueOnce(answered.opened.then(() => [fakeModel()]));
    const first = recent.list();
    vi.advanceTimersByTime(5_000);
    const second = recent.list();
    answered.open();
    await Promise.all([first, second]);
    vi.advanceTimersByTime(999);
    await recent.list();
    expect(listNow).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await recent.list();
    expect(listNow).toHaveBeenCalledTimes(2);
  });

  it("are listed anew once forgotten", async () => {
    const recent = createRecentModels(listNow);
    await recent.list();
    recent.forget();
    await recent.list();
    expect(listNow).toHaveBeenCalledTimes(2);
  });

  it("are listed anew after a listing that failed", async () => {
    const recent = createRecentModels(listNow);
    listNow.mockRejectedValueOnce(new Error("away"));
    await expect(recent.list()).rejects.toThrow("away");
    expect(await recent.list()).toHaveLength(1);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeModel } from "../testing.ts";
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

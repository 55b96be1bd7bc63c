import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExpiringMap } from "./expiring-map.ts";

describe("ExpiringMap", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("forgets a value when its life is over, which a new value begins anew and a change does not", () => {
    const map = new ExpiringMap<number>({ lifeMs: 100, maxSize: 10 });
    map.set("set", 1);
    map.set("changed", 1);
    vi.advanceTimersByTime(60);
    map.set("set", 2);
    expect(map.update("changed", (value) => value + 1)).toBe(true);
    expect([map.get("changed"), map.remainingMs("changed"), map.remainingMs("set")]).toEqual([2, 40, 100]);
    vi.advanceTimersByTime(40);
    expect([map.get("changed"), map.get("set")]).toEqual([undefined, 2]);
    expect(map.update("changed", () => 1)).toBe(false);
    expect(map.remainingMs("changed")).toBe(0);
    map.delete("set");
    expect(map.get("set")).toBeUndefined();
  });

  it("lets the one that ends first make room", () => {
    const map = new ExpiringMap<number>({ lifeMs: 100, maxSize: 2 });
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    map.update("b", () => 4);
    map.set("c", 5);
    expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([3, undefined, 5]);
  });
});

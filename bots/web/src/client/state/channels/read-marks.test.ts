import { describe, expect, it } from "vitest";
import { ReadMarks } from "./read-marks.ts";

function createStorage() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe("ReadMarks", () => {
  it("take what is there at the first visit for read, and what comes later for news", () => {
    const marks = new ReadMarks("ada", createStorage());
    marks.begin({ general: 5 });
    expect([marks.isUnread("general", 5), marks.isUnread("general", 6)]).toEqual([false, true]);
    expect([marks.isUnread("new"), marks.isUnread("new", 1)]).toEqual([false, true]);
  });

  it("outlive the page, for each person apart", () => {
    const storage = createStorage();
    const before = new ReadMarks("ada", storage);
    before.begin({ general: 5 });
    before.set("general", 7);
    const after = new ReadMarks("ada", storage);
    after.begin({ general: 9 });
    expect([7, 8].map((atMs) => after.isUnread("general", atMs))).toEqual([false, true]);
    const other = new ReadMarks("ben", storage);
    other.begin({ general: 9 });
    expect(other.isUnread("general", 9)).toBe(false);
  });

  it("keep what another window has read", () => {
    const storage = createStorage();
    const [one, other] = [new ReadMarks("ada", storage), new ReadMarks("ada", storage)];
    one.set("general", 5);
    other.set("random", 6);
    const later = new ReadMarks("ada", storage);
    expect([later.isUnread("general", 5), later.isUnread("random", 6)]).toEqual([false, false]);
  });

  it("are never taken back by a window that knows less", () => {
    const storage = createStorage();
    const [one, other] = [new ReadMarks("ada", storage), new ReadMarks("ada", storage)];
    one.raise("general", 5);
    other.raise("general", 4);
    expect([one, other].map((marks) => marks.isUnread("general", 5))).toEqual([false, false]);
  });

  it("hold for the page alone where the browser keeps nothing", () => {
    const refuse = () => {
      throw new Error("denied");
    };
    const marks = new ReadMarks("ada", { getItem: refuse, setItem: refuse });
    marks.begin({ general: 5 });
    marks.set("general", 6);
    expect([marks.isUnread("general", 6), marks.isUnread("general", 7)]).toEqual([false, true]);
  });
});

import { describe, expect, it } from "vitest";
import { initialsOf } from "./avatar.tsx";
import { isAtEnd } from "./follow-scroll.ts";

describe("initialsOf", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["ada", "A"],
    ["Jean Luc Picard", "JP"],
    ["李 小龙", "李小"],
    ["𝒜da", "𝒜"],
  ])("gives %j as %j", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});

describe("isAtEnd", () => {
  it("takes two lines from the end for the end", () => {
    const list = { scrollHeight: 1_000, clientHeight: 400 };
    expect(isAtEnd({ ...list, scrollTop: 600 })).toBe(true);
    expect(isAtEnd({ ...list, scrollTop: 560 })).toBe(true);
    expect(isAtEnd({ ...list, scrollTop: 500 })).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { initialsOf } from "./avatar.tsx";

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

import { describe, expect, it } from "vitest";
import { isLong } from "./folded-text.tsx";

describe("isLong", () => {
  it("holds past 2,000 characters or 25 lines", () => {
    expect(isLong("a".repeat(2_000))).toBe(false);
    expect(isLong("a".repeat(2_001))).toBe(true);
    expect(isLong("a\n".repeat(24))).toBe(false);
    expect(isLong("a\n".repeat(25))).toBe(true);
  });
});

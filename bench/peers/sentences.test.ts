import { describe, expect, it } from "vitest";
import { sentences } from "./sentences.ts";

describe("sentences", () => {
  it("has as many words as asked for", () => {
    for (const words of [1, 3, 12, 60, 1700]) expect(sentences(7, words).split(" ")).toHaveLength(words);
  });

  it("gives a seed its own words, from the beginning on", () => {
    expect(sentences(1, 40)).toBe(sentences(1, 40));
    const beginnings = Array.from({ length: 500 }, (_, seed) => sentences(seed, 2));
    expect(new Set(beginnings).size).toBe(500);
  });
});

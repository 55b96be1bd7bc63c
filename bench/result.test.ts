import { describe, expect, it } from "vitest";
import { compare, measured, median, quantile, resultLine, resultTable } from "./result.ts";

describe("median", () => {
  it("is the middle value, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([1, 2, 3, 10])).toBe(2.5);
  });

  it("refuses to make up a figure", () => {
    expect(() => median([])).toThrow("no values");
  });
});

describe("quantile", () => {
  it("is a value that was measured, and of few values the largest", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 0.5, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([1, 50, 99, 100]);
    expect(quantile([3, 1, 2], 0.99)).toBe(3);
  });

  it("refuses to make up a figure", () => {
    expect(() => quantile([], 0.5)).toThrow("no values");
  });
});

describe("compare", () => {
  it("gives both medians and the median of the rounds' ratios, in three digits", () => {
    expect(compare("decode", "tokens/s", [181.23, 1, 200], "bare engine", [190, 2, 400])).toEqual({
      name: "decode",
      value: 181,
      unit: "tokens/s",
      peer: "bare engine",
      peerValue: 190,
      ratio: 0.5,
    });
  });
});

describe("resultTable", () => {
  it("has a row a figure, the peer's columns empty without one", () => {
    const table = resultTable([
      measured("load", "s", [0.31]),
      compare("decode", "tokens/s", [90], "bare engine", [100]),
    ]);
    expect(table.split("\n").slice(2)).toEqual([
      "| `load` | 0.31 s |  |  |",
      "| `decode` | 90 tokens/s | 100 (bare engine) | 0.9 |",
    ]);
  });
});

describe("resultLine", () => {
  it("names the figure, its unit and its peer", () => {
    expect(resultLine(measured("load", "s", [0.31]))).toMatch(/^load +0.31 s$/);
    expect(resultLine(compare("decode", "tokens/s", [90], "bare engine", [100]))).toMatch(
      /decode +90 tokens\/s +.*0.9.* of the bare engine's 100/,
    );
  });
});

import { describe, expect, it } from "vitest";
import { Random } from "./random.ts";

const draw = (seed: number, times: number) => {
  const random = new Random(seed);
  return Array.from({ length: times }, () => random.next());
};

describe("Random", () => {
  // From a separate implementation with unbounded integers.
  it.each([
    [0, [0.8868539502021594, 0.012474988946590604, 0.032522145755498943, 0.024408060085556516]],
    [1, [0.5686059948349658, 0.8893939367683266, 0.4705824180198359, 0.35296769838967534]],
    [4294967295, [0.19461841469507213, 0.5485967281391287, 0.2282790634437124, 0.856209721965931]],
  ])("draws the known numbers of seed %i", (seed, expected) => {
    expect(draw(seed, 4)).toEqual(expected);
  });

  it("fills the range evenly", () => {
    const tenths = new Array(10).fill(0);
    for (const number of draw(7, 100_000)) tenths[Math.floor(number * 10)]++;
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it("draws otherwise for a neighbouring seed, from the first number on", () => {
    const first = Array.from({ length: 1000 }, (_, seed) => draw(seed, 1)[0]!);
    expect(new Set(first).size).toBe(1000);
    expect(Math.abs(first.reduce((sum, x) => sum + x) / 1000 - 0.5)).toBeLessThan(0.04);
  });
});

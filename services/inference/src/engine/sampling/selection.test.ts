import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { count, findCut, sum } from "./selection.ts";

/** The values a cut keeps, largest first. */
function kept(values: readonly number[], target: number, measure: typeof count): number[] {
  const cut = findCut(Float64Array.from(values), values.length, target, measure);
  const sorted = [...values].sort((a, b) => b - a);
  if (cut.value === Number.NEGATIVE_INFINITY) return sorted;
  return sorted.slice(0, sorted.filter((value) => value > cut.value).length + cut.ties);
}

describe("findCut", () => {
  it("keeps as many of the largest as asked, some of equal ones", () => {
    expect(kept([1, 5, 3, 5, 3, 3], 4, count)).toEqual([5, 5, 3, 3]);
  });

  it("keeps the fewest that sum to what is asked", () => {
    expect(kept([1, 4, 2, 2, 2], 7.5, sum)).toEqual([4, 2, 2]);
    expect(kept([1, 4, 2, 2, 2], 8, sum)).toEqual([4, 2, 2]);
  });

  it("keeps all when they hold less", () => {
    expect(kept([2, 1], 3, count)).toEqual([2, 1]);
    expect(kept([2, 0, 1], 3.5, sum)).toEqual([2, 1, 0]);
  });

  it("does as a sort does", () => {
    const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 200, size: "max" });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (numbers, share) => {
        const sorted = [...numbers].sort((a, b) => b - a);
        const k = Math.ceil(share * numbers.length);
        expect(kept(numbers, k, count)).toEqual(sorted.slice(0, k));
        const wanted = Math.ceil(share * sum(Float64Array.from(numbers), 0, numbers.length));
        const least = sorted.findIndex((_, i) => sum(Float64Array.from(sorted), 0, i + 1) >= wanted) + 1;
        if (wanted > 0) expect(kept(numbers, wanted, sum)).toEqual(sorted.slice(0, least));
      }),
    );
  });
});

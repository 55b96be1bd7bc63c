import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expNegative } from "./exponential.ts";

describe("expNegative", () => {
  it("equals Math.exp to 1e-11", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 39.99, noNaN: true }), (x) => {
        expect(Math.abs(expNegative(x) / Math.exp(-x) - 1)).toBeLessThan(1e-11);
      }),
      { numRuns: 1000 },
    );
  });

  it("is exactly 1 at 0 and 0 far away", () => {
    expect(expNegative(0)).toBe(1);
    expect(expNegative(40)).toBe(0);
    expect(expNegative(Number.POSITIVE_INFINITY)).toBe(0);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durationFromMs, durationToMs } from "./duration.ts";

describe("durations", () => {
  it.each([
    [1500, { seconds: 1, nanos: 500_000_000 }],
    [0.000001, { seconds: 0, nanos: 1 }],
    [-1500, { seconds: -1, nanos: -500_000_000 }],
    [999.9999999, { seconds: 1, nanos: 0 }],
  ])("writes %d ms in seconds and nanos of one sign", (ms, duration) => {
    expect(durationFromMs(ms)).toEqual(duration);
  });

  it("come back as they went, to a nanosecond", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (ms) => {
        expect(Math.abs(durationToMs(durationFromMs(ms)) - ms)).toBeLessThanOrEqual(1e-6);
      }),
    );
  });

  it("are 0 when absent", () => {
    expect(durationToMs(undefined)).toBe(0);
  });
});

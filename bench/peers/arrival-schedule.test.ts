import { describe, expect, it } from "vitest";
import { arrivalSchedule, mixedRequests } from "./arrival-schedule.ts";

describe("arrivalSchedule", () => {
  const arrivals = arrivalSchedule(1, 5, 2000);

  it("comes at the rate asked for, in order, within the time", () => {
    expect(arrivals.length / 2000).toBeCloseTo(5, 0);
    const times = arrivals.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(2_000_000);
  });

  it("is a Poisson process: times between requests spread as wide as they are long, and the counts of seconds as their mean", () => {
    const pauses = arrivals.slice(1).map(({ atMs }, index) => atMs - arrivals[index]!.atMs);
    expect(Math.sqrt(variance(pauses)) / mean(pauses)).toBeCloseTo(1, 1);
    const counts = new Array<number>(2000).fill(0);
    for (const { atMs } of arrivals) counts[Math.floor(atMs / 1000)]!++;
    expect(variance(counts) / mean(counts)).toBeCloseTo(1, 0);
  });

  it("gives a seed its own requests, each with a prompt of its own", () => {
    expect(arrivalSchedule(1, 5, 10)).toEqual(arrivals.filter(({ atMs }) => atMs < 10_000));
    expect(arrivalSchedule(2, 5, 10)).not.toEqual(arrivalSchedule(1, 5, 10));
    expect(new Set(arrivals.map(({ promptSeed }) => promptSeed)).size).toBe(arrivals.length);
  });
});

describe("mixedRequests", () => {
  it("has lengths from short to long, the short ones more often", () => {
    const words = mixedRequests(3, 2000).map(({ promptWords }) => promptWords);
    expect(Math.min(...words)).toBe(10);
    expect(Math.max(...words)).toBeGreaterThan(390);
    expect(words.filter((count) => count < 63).length / 2000).toBeCloseTo(0.5, 1);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}

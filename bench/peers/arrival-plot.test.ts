import { describe, expect, it } from "vitest";
import type { Latencies } from "./arrival-latencies.ts";
import { arrivalsPlot, logScale } from "./arrival-plot.ts";

const latencies = (factor: number): Latencies => ({
  ttftP50: 100 * factor,
  ttftP99: 900 * factor,
  itlP50: 12 * factor,
  itlP99: 55 * factor,
  goodput: 100 / factor,
});

describe("logScale", () => {
  it("goes around all values, equal factors apart", () => {
    const { at, ticks } = logScale([130, 870]);
    expect(ticks).toEqual([100, 200, 500, 1000]);
    expect(at(100)).toBe(0);
    expect(at(1000)).toBe(1);
    expect(at(500) - at(200)).toBeCloseTo(at(1000) - at(400));
  });

  it("writes powers of ten alone where there are many steps", () => {
    expect(logScale([12, 21_000]).ticks).toEqual([10, 100, 1000, 10_000]);
  });

  it("takes one value, and none below its foot", () => {
    const { at, ticks } = logScale([100]);
    expect(ticks).toEqual([100, 200]);
    expect(at(0)).toBe(0);
  });
});

describe("arrivalsPlot", () => {
  const points = [50, 70, 90].map((percent) => ({
    percent,
    requestsPerSecond: percent / 100,
    requests: 30,
    cria: latencies(1),
    llama: latencies(percent / 10),
  }));
  const svg = arrivalsPlot(points);

  it("draws each figure of each engine, from left to right", () => {
    const curves = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, places]) =>
      places!.split(" ").map((place) => place.split(",").map(Number) as [number, number]),
    );
    expect(curves).toHaveLength(10);
    for (const places of curves) {
      expect(places).toHaveLength(3);
      expect(places[0]![0]).toBeLessThan(places[2]![0]);
    }
    const [, llamaTtft] = curves;
    expect(llamaTtft![2]![1]).toBeLessThan(llamaTtft![0]![1]); // What takes longer stands higher.
  });

  it("keeps everything within the picture", () => {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number);
    for (const [, axis, place] of svg.matchAll(/ c?([xy])[12]?="([\d.-]+)"/g)) {
      expect(Number(place)).toBeGreaterThanOrEqual(0);
      expect(Number(place)).toBeLessThanOrEqual(axis === "x" ? width! : height!);
    }
  });
});

import { describe, expect, it } from "vitest";
import { afterDeath, HEALTHY_AFTER_MS, MAX_QUICK_DEATHS } from "./restart-policy.ts";

describe("afterDeath", () => {
  it("waits twice as long after each quick death, then gives up", () => {
    const delays = [0, 1, 2, 3, 4].map((deaths) => afterDeath(deaths, { exitCode: 1, ranMs: 10 }));
    expect(delays).toEqual([
      { type: "restart", quickDeaths: 1, delayMs: 250 },
      { type: "restart", quickDeaths: 2, delayMs: 500 },
      { type: "restart", quickDeaths: 3, delayMs: 1000 },
      { type: "restart", quickDeaths: 4, delayMs: 2000 },
      { type: "give-up", quickDeaths: MAX_QUICK_DEATHS },
    ]);
  });

  it("counts anew for a process that was healthy", () => {
    expect(afterDeath(MAX_QUICK_DEATHS - 1, { exitCode: null, ranMs: HEALTHY_AFTER_MS })).toEqual({
      type: "restart",
      quickDeaths: 1,
      delayMs: 250,
    });
  });

  it.each([2, 3])("gives up at once on exit code %i, which says that another start is no use", (exitCode) => {
    expect(afterDeath(0, { exitCode, ranMs: HEALTHY_AFTER_MS })).toEqual({ type: "give-up", quickDeaths: 1 });
  });
});

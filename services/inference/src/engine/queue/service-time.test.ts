import { describe, expect, it } from "vitest";
import { ServiceTime } from "./service-time.ts";

describe("ServiceTime", () => {
  it("tells of late how long those ahead will take, within bounds", () => {
    const serviceTime = new ServiceTime();
    expect(serviceTime.retryDelayMs(4, 2)).toBe(4_000);
    serviceTime.ended(7_000);
    expect(serviceTime.retryDelayMs(4, 2)).toBe(6_000);
    expect(serviceTime.retryDelayMs(1, 7)).toBe(Math.ceil(3_000 / 7));
    expect([serviceTime.retryDelayMs(0, 2), serviceTime.retryDelayMs(1_000, 1)]).toEqual([100, 60_000]);
  });

  it.each([1e12, -1e12, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])(
    "gets over a clock that jumps by %d ms",
    (jump) => {
      const serviceTime = new ServiceTime();
      serviceTime.ended(jump);
      const delay = serviceTime.retryDelayMs(1, 1);
      expect(delay >= 100 && delay <= 60_000).toBe(true);
      for (let i = 0; i < 30; i++) serviceTime.ended(1_000);
      expect(serviceTime.retryDelayMs(4, 1)).toBeGreaterThan(3_000);
      expect(serviceTime.retryDelayMs(4, 1)).toBeLessThan(6_000);
    },
  );
});

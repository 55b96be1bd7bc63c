import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_WINDOW, slideWindow } from "./window.ts";

describe("slideWindow", () => {
  it("leaves 2k - 1 rounds alone and keeps the newest k of 2k", () => {
    expect(slideWindow([1, 2, 3, 4, 5], 3)).toEqual([1, 2, 3, 4, 5]);
    expect(slideWindow([1, 2, 3, 4, 5, 6], 3)).toEqual([4, 5, 6]);
  });

  it("with a window of one keeps one round", () => {
    expect(slideWindow([1, 2], 1)).toEqual([2]);
  });

  it("holds at most 2k - 1 rounds, never fewer than the newest k there were, whatever windows are set on the way", () => {
    const rounds = fc.array(fc.integer({ min: 1, max: MAX_WINDOW }), { maxLength: 300 });
    fc.assert(
      fc.property(rounds, (windows) => {
        let kept: readonly number[] = [];
        for (const [round, window] of windows.entries()) {
          const before = [...kept, round];
          kept = slideWindow(before, window);
          expect(kept.length).toBeLessThanOrEqual(2 * window - 1);
          expect(kept).toEqual(before.slice(-kept.length));
          expect(kept.length).toBeGreaterThanOrEqual(Math.min(window, before.length));
        }
      }),
    );
  });

  it("changes the oldest round once in k rounds only", () => {
    let kept: readonly number[] = [];
    const oldest = new Set<number>();
    for (let round = 0; round < 100; round++) {
      kept = slideWindow([...kept, round], 10);
      oldest.add(kept[0]!);
    }
    expect(oldest.size).toBe(10);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PrefillPacer } from "./prefill-pacer.ts";

const TARGET_MS = 100;

/** A machine: what its passes take. */
interface Machine {
  readonly passMs: number;
  readonly tokenMs: number;
  /** More for each position that a token attends to. */
  readonly positionMs: number;
  readonly decodeMs: number;
}

const SLOW: Machine = { passMs: 12, tokenMs: 1.4, positionMs: 0.0005, decodeMs: 20 };

const chunkMs = ({ passMs, tokenMs, positionMs }: Machine, position: number, numTokens: number) =>
  passMs + numTokens * (tokenMs + positionMs * (position + numTokens / 2));

/** Computes a prompt while others decode: the time from each decode step's end to the next one's. */
function gapsOf(pacer: PrefillPacer, machine: Machine, promptTokens: number): number[] {
  const gaps: number[] = [];
  for (let position = 0; position < promptTokens; ) {
    let gap = machine.decodeMs;
    for (let chunk = pacer.chunk(position, promptTokens - position, true); chunk > 0 && position < promptTokens; ) {
      const ms = chunkMs(machine, position, chunk);
      pacer.prefilled({ numComputedTokens: position, numTokens: chunk }, ms);
      position += chunk;
      gap += ms;
      chunk = pacer.chunk(position, promptTokens - position, true);
    }
    pacer.decoded(machine.decodeMs);
    gaps.push(gap);
  }
  return gaps;
}

describe("PrefillPacer", () => {
  it("keeps the time between two decode steps within the target on any machine that can, once it knows it", () => {
    const machines = fc.record({
      passMs: fc.double({ min: 0.1, max: 20, noNaN: true }),
      tokenMs: fc.double({ min: 0.01, max: 2, noNaN: true }),
      positionMs: fc.double({ min: 0, max: 0.001, noNaN: true }),
      decodeMs: fc.double({ min: 0.1, max: 30, noNaN: true }),
    });
    fc.assert(
      fc.property(machines, (machine) => {
        const pacer = new PrefillPacer(TARGET_MS);
        gapsOf(pacer, machine, 4_000);
        expect(Math.max(...gapsOf(pacer, machine, 2_000))).toBeLessThan(1.2 * TARGET_MS);
      }),
    );
  });

  it("uses most of the time that there is", () => {
    const pacer = new PrefillPacer(TARGET_MS);
    const gaps = [...gapsOf(pacer, SLOW, 4_000), ...gapsOf(pacer, SLOW, 4_000)].slice(10, -1);
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeGreaterThan(0.65 * TARGET_MS);
  });

  it("goes on in small chunks where a decode step alone takes as long as the target", () => {
    const pacer = new PrefillPacer(TARGET_MS);
    for (let i = 0; i < 20; i++) pacer.decoded(400);
    expect(pacer.chunk(0, 1_000, true)).toBe(16);
    pacer.prefilled({ numComputedTokens: 0, numTokens: 16 }, 30);
    expect(pacer.chunk(16, 984, true)).toBe(0);
    pacer.decoded(400);
    expect(pacer.chunk(16, 984, true)).toBe(16);
  });

  it("computes chunks that compute fastest where nothing decodes, however long they take", () => {
    const slow = new PrefillPacer(TARGET_MS);
    gapsOf(slow, { ...SLOW, tokenMs: 20 }, 1_000);
    expect(slow.chunk(0, 640, false)).toBe(64);
    const fast = new PrefillPacer(TARGET_MS);
    gapsOf(fast, { ...SLOW, passMs: 1, tokenMs: 0.01 }, 4_000);
    expect(fast.chunk(0, 1_024, false)).toBe(256);
  });

  it("cuts a prompt into chunks of like size", () => {
    const pacer = new PrefillPacer(1);
    expect(pacer.chunk(0, 66, false)).toBe(33);
    expect(pacer.chunk(0, 20, true)).toBe(10);
    expect(pacer.chunk(0, 3, true)).toBe(3);
  });

  it.each([1e12, -1e12, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0])(
    "gets over a clock that jumps by %d ms",
    (jump) => {
      const pacer = new PrefillPacer(TARGET_MS);
      gapsOf(pacer, SLOW, 4_000);
      pacer.prefilled({ numComputedTokens: 0, numTokens: 50 }, jump);
      pacer.decoded(jump);
      pacer.decoded(jump);
      const gaps = gapsOf(pacer, SLOW, 4_000);
      expect(Math.max(...gaps)).toBeLessThan(1.2 * TARGET_MS);
      const late = gaps.slice(20, -1);
      expect(late.reduce((sum, gap) => sum + gap, 0) / late.length).toBeGreaterThan(0.65 * TARGET_MS);
    },
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leapLength, numDropped } from "./leaps.ts";

const CAPACITY = 1_200;

interface Round {
  readonly question: number;
  readonly reply: number;
}

/** Of each message of a conversation, how many of its rounds are left out; every earlier round is part of its prompt. */
function cuts(rounds: readonly Round[], persona: number, capacity = CAPACITY): number[] {
  return rounds.map(({ question }, message) => {
    const sizes = rounds.slice(0, message).map((round) => round.question + round.reply);
    const room = capacity - persona - question;
    return numDropped({ sizes, room, leap: leapLength(capacity, room) });
  });
}

/** How many messages each cut stood, but for the first and the last. */
function lengthsOfStay(all: readonly number[]): number[] {
  const changes = all.flatMap((cut, message) => (cut === (all[message - 1] ?? 0) ? [] : [message]));
  return changes.slice(1).map((message, i) => message - changes[i]!);
}

const sizeOf = ({ question, reply }: Round) => question + reply;
const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);

describe("numDropped", () => {
  it("drops nothing while all fits, and down to three quarters once it does not", () => {
    const sizes = new Array(12).fill(100);
    expect(numDropped({ sizes, room: 1_200, leap: 300 })).toBe(0);
    expect(numDropped({ sizes, room: 1_199, leap: 300 })).toBe(4);
    expect(numDropped({ sizes, room: 800, leap: 300 })).toBe(4);
    expect(numDropped({ sizes, room: 799, leap: 300 })).toBe(8);
    expect(numDropped({ sizes: [], room: 0, leap: 1 })).toBe(0);
  });

  it("drops a part larger than a leap, one more, and no more than there are", () => {
    expect(numDropped({ sizes: [800, 10, 300, 300], room: 1_300, leap: 300 })).toBe(2);
    expect(numDropped({ sizes: [10, 20], room: 1, leap: 300 })).toBe(2);
    expect(numDropped({ sizes: [420, 420], room: 800, leap: 200 })).toBe(1);
  });

  it.each([60, 80, 100, 120, 180])(
    "leaves three quarters of the room after each leap, of rounds of about %i",
    (size) => {
      const rounds = Array.from({ length: 40 }, (_, i) => ({
        question: size / 4 + (i % 5),
        reply: (size * 3) / 4 - (i % 3),
      }));
      const all = cuts(rounds, 50);
      const used = rounds.map(({ question }, i) => 50 + question + sum(rounds.slice(all[i]!, i).map(sizeOf)));
      const leaps = all.flatMap((cut, i) => (cut === (all[i - 1] ?? 0) ? [] : [i]));
      expect(leaps.length).toBeGreaterThan(2);
      for (const i of leaps) {
        expect(used[i]!).toBeLessThanOrEqual(CAPACITY * 0.75);
        // With two rounds more it would be over three quarters, so that one was dropped too many at most.
        expect(used[i]! + sum(rounds.slice(all[i]! - 2, all[i]!).map(sizeOf))).toBeGreaterThan(CAPACITY * 0.75);
      }
      expect(Math.min(...lengthsOfStay(all))).toBeGreaterThanOrEqual(size <= 120 ? 3 : 2);
    },
  );

  it("cuts a long conversation at the same place for several messages", () => {
    const rounds = Array.from({ length: 60 }, (_, i) => ({ question: 20 + (i % 7), reply: 40 + (i % 5) * 4 }));
    const all = cuts(rounds, 50);
    expect(all.slice(0, 10)).toEqual(new Array(10).fill(0));
    expect(Math.min(...lengthsOfStay(all))).toBeGreaterThanOrEqual(3);
    // One leap in four messages: a leap frees 370 tokens, a round has some 70.
    expect(lengthsOfStay(all).length).toBeLessThanOrEqual(60 / 4);
  });

  it("holds the cut for three messages at least, whatever rounds of up to a sixth of a leap come", () => {
    const round = fc.record({ question: fc.integer({ min: 1, max: 25 }), reply: fc.integer({ min: 1, max: 25 }) });
    fc.assert(
      fc.property(fc.array(round, { minLength: 100, maxLength: 200, size: "max" }), fc.nat(500), (rounds, persona) => {
        expect(Math.min(3, ...lengthsOfStay(cuts(rounds, persona)))).toBe(3);
      }),
    );
  });

  it("leaves what fits, and uses half of the room but for two parts", () => {
    const size = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(fc.array(size, { maxLength: 40 }), fc.nat(CAPACITY), (sizes, required) => {
        const room = CAPACITY - required;
        const leap = leapLength(CAPACITY, room);
        const count = numDropped({ sizes, room, leap });
        const kept = sum(sizes.slice(count));
        expect(kept).toBeLessThanOrEqual(room);
        const isUsed = kept + sum(sizes.slice(Math.max(0, count - 2), count)) >= room / 2 - 1;
        expect(count === 0 || isUsed).toBe(true);
      }),
    );
  });
});

describe("leapLength", () => {
  it("is a quarter of the room for a prompt, and stands still while the newest message is now longer, now shorter", () => {
    expect([600, 700, 1_000, 1_200].map((room) => leapLength(CAPACITY, room))).toEqual([300, 300, 300, 300]);
  });

  it("is smaller where most of the room is taken by what cannot be dropped", () => {
    expect([599, 300, 299, 150].map((room) => leapLength(CAPACITY, room))).toEqual([150, 150, 75, 75]);
    expect(leapLength(CAPACITY, 0)).toBeLessThanOrEqual(1);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ticket, TicketDesk, type TicketLimits } from "./ticket-desk.ts";

const LIMITS: TicketLimits = { maxRunning: 2, maxWaiting: 3, maxWaitingBytes: 100 };
const asked = (tenant = "a", bytes = 1, priority = 0) => ({ tenant, priority, bytes });

function take(desk: TicketDesk, count: number, tenant = "a", bytes = 1): Ticket[] {
  return Array.from({ length: count }, () => desk.take(asked(tenant, bytes)));
}

const MOST = LIMITS.maxRunning + LIMITS.maxWaiting;

/** A desk, and the tickets that it has given and not taken back. */
class HeldTickets {
  tickets: Ticket[] = [];
  readonly #desk = new TicketDesk(LIMITS);

  /** Refused only where all places are taken. */
  take(tenant: string): void {
    try {
      this.tickets.push(this.#desk.take(asked(tenant)));
    } catch (error) {
      expect(error).toMatchObject({ code: "QUEUE_FULL" });
      expect(this.tickets).toHaveLength(MOST);
    }
    this.tickets = this.tickets.filter(({ signal }) => !signal.aborted);
    expect(this.tickets.length).toBeLessThanOrEqual(MOST);
  }

  release(which: number): void {
    for (const ticket of this.tickets.splice(which, 1)) ticket.release();
  }
}

type Act = (held: HeldTickets) => void;

describe("TicketDesk", () => {
  it("refuses at once what is more than may run and wait, with the numbers", () => {
    const desk = new TicketDesk(LIMITS);
    const [first] = take(desk, 5);
    first!.admit();
    expect(() => desk.take(asked())).toThrow(
      "the queue is full: requests that run or wait 5 of at most 5, bytes of text that wait 4 of at most 100; this one has 1. " +
        "Try again later",
    );
    first!.release();
    first!.release();
    expect(take(desk, 1)).toHaveLength(1);
    expect(() => desk.take(asked())).toThrow("the queue is full");
  });

  it("counts the text of those who wait; one alone may have more", () => {
    const desk = new TicketDesk(LIMITS);
    const [long] = take(desk, 1, "a", 1_000);
    expect(() => desk.take(asked())).toThrow("that wait 1000 of at most 100;");
    long!.admit();
    take(desk, 1, "a", 100);
    expect(() => desk.take(asked())).toThrow("that wait 100 of at most 100;");
  });

  it("gives a place of whoever has most waiting to one who has less, the newest first", () => {
    const desk = new TicketDesk(LIMITS);
    const [running, ...waiting] = take(desk, 4);
    running!.admit();
    const others = [...take(desk, 1, "b"), ...take(desk, 1, "c")];
    expect(waiting.map(({ signal }) => signal.aborted)).toEqual([false, false, true]);
    const message = expect.stringMatching(
      /^the queue is full, and this one made room for another tenant's.*: .* 5 of at most 5/,
    );
    expect(waiting[2]!.signal.reason).toMatchObject({ code: "QUEUE_FULL", message });
    expect(() => desk.take(asked("b"))).toThrow("the queue is full");
    waiting[2]!.release();
    expect(() => desk.take(asked("b"))).toThrow("the queue is full");
    expect([running!, ...others].some(({ signal }) => signal.aborted)).toBe(false);
  });

  it("pushes nobody out in vain", () => {
    const desk = new TicketDesk(LIMITS);
    const waiting = take(desk, 3, "a", 30);
    expect(() => desk.take(asked("b", 70))).toThrow("the queue is full");
    expect(waiting.some(({ signal }) => signal.aborted)).toBe(false);
    desk.take(asked("b", 40));
    expect(waiting.map(({ signal }) => signal.aborted)).toEqual([false, false, true]);
  });

  it("pushes nobody out for one of a lower priority", () => {
    const desk = new TicketDesk(LIMITS);
    const waiting = Array.from({ length: MOST }, () => desk.take(asked("a", 1, -1)));
    expect(() => desk.take(asked("b"))).toThrow("the queue is full");
    expect(waiting.some(({ signal }) => signal.aborted)).toBe(false);
    desk.take(asked("b", 1, -1));
    expect(waiting.map(({ signal }) => signal.aborted)).toEqual([false, false, false, false, true]);
  });

  it("compares bytes where bytes are full", () => {
    const desk = new TicketDesk(LIMITS);
    const long = take(desk, 2, "a", 45);
    take(desk, 2, "b", 1);
    desk.take(asked("b", 20));
    expect(long.map(({ signal }) => signal.aborted)).toEqual([false, true]);
  });

  it("tells how long to wait by the pace of late, the longer the more one has waiting", () => {
    let clock = 0;
    const desk = new TicketDesk({ ...LIMITS, maxRunning: 1 }, () => clock);
    const retryDelay = (tenant: string) => {
      try {
        desk.take(asked(tenant));
      } catch (error) {
        return (error as { details: { retryDelayMs: number } }).details.retryDelayMs;
      }
      throw new Error("there was a place");
    };
    const [first] = take(desk, 1);
    first!.admit();
    take(desk, 2);
    take(desk, 1, "b");
    expect([retryDelay("a"), retryDelay("b")]).toEqual([6_000, 6_000]);
    clock = 12_000;
    first!.release();
    take(desk, 1, "c");
    expect(retryDelay("c")).toBeCloseTo(4_000 * 4);
  });

  it("counts right whatever comes and goes, of however many tenants", () => {
    const take: fc.Arbitrary<Act> = fc.constantFrom("a", "b", "c").map((tenant) => (held) => held.take(tenant));
    const admit: fc.Arbitrary<Act> = fc.nat(5).map((which) => (held) => held.tickets[which]?.admit());
    const release: fc.Arbitrary<Act> = fc.nat(5).map((which) => (held) => held.release(which));
    fc.assert(
      fc.property(fc.array(fc.oneof(take, take, admit, release), { maxLength: 60 }), (acts) => {
        const held = new HeldTickets();
        for (const act of acts) act(held);
        while (held.tickets.length > 0) held.release(0);
        for (let i = 0; i < MOST; i++) held.take("a");
        expect(held.tickets).toHaveLength(MOST);
      }),
    );
  });

  it("bears ten thousand tenants", () => {
    const desk = new TicketDesk({ maxRunning: 1, maxWaiting: 12_000, maxWaitingBytes: 1e6 });
    const tickets = Array.from({ length: 10_000 }, (_, i) => desk.take(asked(`${i}`)));
    for (const ticket of tickets) ticket.admit();
    for (const ticket of tickets) ticket.release();
    expect(take(desk, 12_001, "another")).toHaveLength(12_001);
    expect(() => desk.take(asked("another"))).toThrow("the queue is full");
  });
});

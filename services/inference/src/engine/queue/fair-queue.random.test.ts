import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { QueueLimits } from "./fair-queue.ts";
import { queued, tenantOf } from "./queued.fixture.ts";
import type { Queued } from "./queued.ts";
import { Rows } from "./rows.fixture.ts";

const MAX_PROMPT = 20;
const MAX_REPLY = 10;
const MAX_WAITING = 30;
const UNLIMITED: QueueLimits = { maxRequests: 1e6, maxTokens: 1e9 };

const upTo = (max: number) => fc.integer({ min: 1, max });
const numPromptTokens = upTo(MAX_PROMPT);

/** What a tenant asks for again and again, and how many it has waiting at any time. */
interface Habit {
  readonly tenant: string;
  readonly numPromptTokens: number;
  readonly numReplyTokens: number;
  readonly numWaiting: number;
}

const habits = fc.uniqueArray(
  fc.record({
    tenant: fc.constantFrom("", "a", "b", "c"),
    numPromptTokens,
    numReplyTokens: upTo(MAX_REPLY),
    numWaiting: upTo(50),
  }),
  { minLength: 2, maxLength: 4, selector: ({ tenant }) => tenant },
);

/** How much more each tenant was served than the first, after each step in which none had nothing waiting. */
function leads(rows: Rows, all: readonly Habit[], numSteps: number): number[][] {
  return Array.from({ length: numSteps }, () => {
    for (const { tenant, numWaiting, ...habit } of all) {
      for (let i = rows.waiting(tenant); i < numWaiting + rows.numRows; i++) rows.add(queued({ tenant, ...habit }));
    }
    rows.step(({ request }) => all.find(({ tenant }) => tenant === request.tenant)!.numReplyTokens);
    return all.map(({ tenant }) => rows.served(tenant) - rows.served(all[0]!.tenant));
  });
}

/** What comes without end: where there are no tenants for it, each request has one of its own. */
interface Flood {
  readonly numTenants: number;
  readonly priority: number;
  readonly numPromptTokens: number;
}

const floods = fc.record({ numTenants: fc.nat(2), priority: fc.constantFrom(-1000, 0), numPromptTokens });

/** Keeps the queue full, as a bounded one is, until all that were there have got a row. */
function flood(rows: Rows, before: readonly Queued[], { numTenants, ...options }: Flood): void {
  for (let i = 0; before.some((item) => !rows.admitted.has(item)); i++) {
    if (i > 10_000) throw new Error("kept out");
    if (rows.queue.size < MAX_WAITING)
      rows.add(queued({ ...options, tenant: `${numTenants === 0 ? i : i % numTenants}` }));
    if (i % rows.numRows === 0) rows.step(() => 2);
  }
}

const requests = fc
  .record({ tenant: fc.constantFrom("", "a", "b", "c"), priority: fc.constantFrom(0, 0, -5, 7), numPromptTokens })
  .map(queued);

/** Rows, and what must be waiting. */
class CheckedRows {
  readonly rows: Rows;
  readonly #limits: QueueLimits;
  readonly #waiting = new Set<Queued>();

  constructor(numRows: number, limits: QueueLimits) {
    this.rows = new Rows(numRows, limits);
    this.#limits = limits;
  }

  add(item: Queued): void {
    const pushedOut = this.rows.add(item);
    if (pushedOut !== undefined) this.#waiting.add(item);
    for (const other of pushedOut ?? []) {
      expect(tenantOf(other)).not.toBe(tenantOf(item));
      expect(this.#waiting.delete(other)).toBe(true);
    }
  }

  /** Takes one out that waits. */
  abort(which: number): void {
    const item = [...this.#waiting][which];
    if (item === undefined) return;
    this.rows.abort(item);
    this.#waiting.delete(item);
  }

  step(): void {
    this.rows.step(() => 3);
    for (const item of this.rows.admitted) this.#waiting.delete(item);
  }

  check(): void {
    const { size, numTokens } = this.rows.queue;
    const tokens = [...this.#waiting].reduce((sum, { numPromptTokens }) => sum + numPromptTokens, 0);
    expect([size, numTokens]).toEqual([this.#waiting.size, tokens]);
    expect(size).toBeLessThanOrEqual(this.#limits.maxRequests);
    if (size > 1) expect(numTokens).toBeLessThanOrEqual(this.#limits.maxTokens);
  }
}

type Event = (rows: CheckedRows) => void;
const events: fc.Arbitrary<Event> = fc.oneof(
  requests.map(
    (item): Event =>
      (rows) =>
        rows.add(item),
  ),
  fc.nat(8).map(
    (which): Event =>
      (rows) =>
        rows.abort(which),
  ),
  fc.constant<Event>((rows) => rows.step()),
);

describe("any queue", () => {
  it("serves tenants that always wait within a bound of one another, over any time", () => {
    fc.assert(
      fc.property(habits, upTo(4), (all, numRows) => {
        const each = leads(new Rows(numRows, UNLIMITED), all, 300);
        // Twice what one may have in flight: a prompt, and the replies of all rows at two for a token.
        const bound = 2 * (MAX_PROMPT + 2 * numRows * MAX_REPLY);
        for (const [i] of all.entries()) {
          const lead = each.map((leads) => leads[i]!);
          expect(Math.max(...lead) - Math.min(...lead)).toBeLessThanOrEqual(bound);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("keeps nobody out, whatever comes after", () => {
    const first = fc.array(requests, { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(first, floods, upTo(3), (before, kind, numRows) => {
        const rows = new Rows(numRows, UNLIMITED);
        for (const item of before) rows.add(item);
        flood(rows, before, kind);
      }),
      { numRuns: 50 },
    );
  });

  it("counts what waits, keeps its limits, serves each once and forgets all in the end", () => {
    const limits = fc.record({ maxRequests: fc.nat(8), maxTokens: upTo(100) });
    fc.assert(
      fc.property(fc.array(events, { maxLength: 80 }), limits, upTo(3), (all, limits, numRows) => {
        const checked = new CheckedRows(numRows, limits);
        for (const event of [...all, ...new Array<Event>(50).fill((rows) => rows.step())]) {
          event(checked);
          checked.check();
        }
        const { size, numTokens, numTenants } = checked.rows.queue;
        expect([size, numTokens, numTenants, checked.rows.numRunning]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 200 },
    );
  });

  it("serves ten thousand tenants in the order they came", () => {
    const rows = new Rows(4, UNLIMITED);
    const all = Array.from({ length: 10_000 }, (_, i) => queued({ tenant: `t${i}` }));
    for (const item of all) rows.add(item);
    while (rows.queue.size > 0) rows.step(() => 1);
    expect([...rows.admitted]).toEqual(all);
    expect(rows.queue.numTenants).toBe(0);
  });
});

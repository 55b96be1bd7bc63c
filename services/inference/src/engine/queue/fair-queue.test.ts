import { describe, expect, it } from "vitest";
import { FairQueue, type QueueLimits } from "./fair-queue.ts";
import { queued, tenantOf, times } from "./queued.fixture.ts";
import type { Queued } from "./queued.ts";

const ROOMY: QueueLimits = { maxRequests: 1e6, maxTokens: 1e9 };

function filled(all: readonly Queued[], limits = ROOMY): FairQueue<Queued> {
  const queue = new FairQueue<Queued>();
  for (const item of all) queue.add(item, limits);
  return queue;
}

/** Lets the next one have its row and its end. */
function serve(queue: FairQueue<Queued>): Queued {
  const next = queue.peek()!;
  queue.admit(next, next.numPromptTokens);
  queue.countDrawn(next, 1);
  queue.release(next);
  return next;
}

function drain(queue: FairQueue<Queued>): Queued[] {
  const served: Queued[] = [];
  while (queue.size > 0) served.push(serve(queue));
  return served;
}

describe("FairQueue", () => {
  it("serves lower priority first and equals of one tenant in order of arrival", () => {
    const all: readonly Queued[] = [0, 5, -1, 0, -1, 5].map((priority) => queued({ priority }));
    expect(drain(filled(all)).map((item) => all.indexOf(item))).toEqual([2, 4, 0, 3, 1, 5]);
  });

  it("counts what waits", () => {
    const queue = filled([queued({ numPromptTokens: 3 }), queued({ tenant: "b", numPromptTokens: 4, priority: 1 })]);
    expect([queue.size, queue.numTokens, queue.numWaitingTenants]).toEqual([2, 7, 2]);
    serve(queue);
    expect([queue.size, queue.numTokens, queue.numWaitingTenants]).toEqual([1, 4, 1]);
  });

  it("serves the tenant served least, within a priority", () => {
    const all = [...times(3, { tenant: "a" }), queued({ tenant: "b" }), queued({ tenant: "a", priority: -1 })];
    expect(drain(filled(all)).map(tenantOf)).toEqual(["a", "a", "b", "a", "a"]);
  });

  it("gives every 16th place to the priority that has gone longest without", () => {
    const [third, last] = [queued({ priority: 3 }), queued({ priority: 1000 })];
    const queue = filled([third, last]);
    const served: Queued[] = [];
    for (let i = 0; i < 32; i++) {
      queue.add(queued({ priority: -1000 }), ROOMY);
      served.push(serve(queue));
    }
    expect([served.indexOf(third), served.indexOf(last)]).toEqual([15, 31]);
  });

  it("counts the time without a place from when one began to wait", () => {
    const [running, early, late] = [8, 9, 8].map((priority) => queued({ priority }));
    const queue = filled([running!]);
    queue.admit(queue.peek()!, 1);
    for (let place = 2; place < 16; place++) {
      if (place === 10) queue.add(early!, ROOMY);
      queue.add(queued(), ROOMY);
      serve(queue);
    }
    queue.add(late!, ROOMY);
    queue.add(queued(), ROOMY);
    expect(serve(queue)).toBe(early);
  });

  it("lets go of those that have waited as long as they would", () => {
    const [patient, hurried] = [queued({ maxQueueTimeMs: 100 }), queued({ maxQueueTimeMs: 50, priority: 2 })];
    const endless = queued();
    const queue = filled([patient, endless, hurried]);
    expect(queue.removeTimedOut(49)).toEqual([]);
    expect(queue.removeTimedOut(99)).toEqual([hurried]);
    expect(queue.removeTimedOut(99)).toEqual([]);
    expect(queue.removeTimedOut(100)).toEqual([patient]);
    expect(drain(queue)).toEqual([endless]);
  });

  it("bears a clock that jumps", () => {
    const waiting = queued({ maxQueueTimeMs: 100, arrivedAt: 1_000 });
    const queue = filled([waiting]);
    expect(queue.removeTimedOut(-1e12)).toEqual([]);
    expect(queue.removeTimedOut(1e12)).toEqual([waiting]);
  });

  it("tells how many go before a tenant's next", () => {
    const queue = filled([...times(5, { tenant: "a" }), ...times(2, { tenant: "b" })]);
    expect(["a", "b", "c"].map((tenant) => queue.numAheadOf(tenant))).toEqual([7, 5, 2]);
  });

  it("remembers nobody once all have left", () => {
    const queue = filled(["a", "b"].map((tenant) => queued({ tenant, priority: 3 })));
    expect(queue.numTenants).toBe(2);
    drain(queue);
    expect(queue.numTenants).toBe(0);
  });

  describe("full", () => {
    const limits = { maxRequests: 4, maxTokens: 100 };

    it("refuses who holds most, and changes nothing", () => {
      const queue = filled([...times(3, { tenant: "a" }), queued({ tenant: "b" })], limits);
      expect(queue.add(queued({ tenant: "a" }), limits)).toBeUndefined();
      expect([queue.size, queue.numTokens]).toEqual([4, 4]);
    });

    it("pushes out the newest of who holds most", () => {
      const [a, b, newcomer] = [times(3, { tenant: "a" }), queued({ tenant: "b" }), queued({ tenant: "b" })];
      const queue = filled([...a, b], limits);
      expect(queue.add(newcomer, limits)).toEqual([a[2]]);
      expect(drain(queue)).toEqual([a[0], b, a[1], newcomer]);
    });

    it("pushes nobody out who would then hold less than the one that comes", () => {
      const queue = filled([...times(2, { tenant: "a" }), ...times(2, { tenant: "b" })], limits);
      expect(queue.add(queued({ tenant: "a" }), limits)).toBeUndefined();
      expect(queue.add(queued({ tenant: "c" }), limits)).toHaveLength(1);
      const lone = filled(
        ["a", "b", "c", "d"].map((tenant) => queued({ tenant })),
        limits,
      );
      expect(lone.add(queued({ tenant: "e" }), limits)).toBeUndefined();
    });

    it("pushes out as many as a long prompt needs, of who holds most tokens", () => {
      const [long, ...short] = [
        queued({ tenant: "a", numPromptTokens: 60 }),
        ...times(3, { tenant: "b", numPromptTokens: 12 }),
      ];
      const queue = filled([long, ...short], limits);
      expect(queue.add(queued({ tenant: "c", numPromptTokens: 30 }), limits)).toBeUndefined();
      const roomy = { maxRequests: 20, maxTokens: 100 };
      const all = times(10, { tenant: "a", numPromptTokens: 10 });
      const other = filled(all, roomy);
      expect(other.add(queued({ tenant: "c", numPromptTokens: 35 }), roomy)).toEqual(all.slice(6).reverse());
      expect(other.numTokens).toBe(95);
    });

    it("takes a long prompt alone", () => {
      const queue = filled([queued({ numPromptTokens: 500 })], limits);
      expect(queue.size).toBe(1);
      expect(queue.add(queued({ tenant: "b" }), limits)).toBeUndefined();
    });

    it("pushes out the lowest priority first, of that the newest, and none higher than what comes", () => {
      const [high, ...low] = [-1, 2, 2, 0].map((priority) => queued({ tenant: "a", priority }));
      const queue = filled([high!, ...low], limits);
      expect(queue.add(queued({ tenant: "b" }), limits)).toEqual([low[1]]);
      expect(queue.add(queued({ tenant: "c", priority: 3 }), limits)).toBeUndefined();
      expect(queue.add(queued({ tenant: "c" }), limits)).toEqual([low[0]]);
    });

    it("refuses the lower priority while a higher one without end fills the queue, and never once that leaves room", () => {
      const queue = filled(times(4, { priority: -1000 }), limits);
      for (let i = 0; i < 100; i++) {
        expect(queue.add(queued({ tenant: "b" }), limits)).toBeUndefined();
        serve(queue);
        queue.add(queued({ priority: -1000 }), limits);
      }
      serve(queue);
      const lower = queued({ tenant: "b" });
      expect(queue.add(lower, limits)).toEqual([]);
      const served: Queued[] = [];
      for (let i = 0; i < 32; i++) {
        served.push(serve(queue));
        queue.add(queued({ priority: -1000 }), limits);
      }
      expect(served).toContain(lower);
    });

    it("refuses all where nothing may wait", () => {
      expect(new FairQueue<Queued>().add(queued(), { maxRequests: 0, maxTokens: 10 })).toBeUndefined();
    });
  });
});

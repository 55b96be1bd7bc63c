import { describe, expect, it } from "vitest";
import { queued, tenantOf } from "./queued.fixture.ts";
import type { Queued } from "./queued.ts";
import { VirtualTokenCounter } from "./virtual-token-counter.ts";

/** Adds as many one-token prompts of each tenant. */
function filled(waiting: Readonly<Record<string, number>>): VirtualTokenCounter<Queued> {
  const counter = new VirtualTokenCounter<Queued>();
  for (const [tenant, count] of Object.entries(waiting)) {
    for (let i = 0; i < count; i++) counter.add(queued({ tenant }));
  }
  return counter;
}

/** Gives the next one its row. */
function admit(counter: VirtualTokenCounter<Queued>, numTokens = 1): Queued {
  const item = counter.next()!;
  counter.admit(item, numTokens);
  return item;
}

/** Lets the next one have its row, some tokens and its end; says whose it was. */
function serve(counter: VirtualTokenCounter<Queued>, numDrawn = 1): string {
  const item = admit(counter);
  counter.countDrawn(item, numDrawn);
  counter.release(item);
  return tenantOf(item)!;
}

const order = (counter: VirtualTokenCounter<Queued>, count: number) =>
  Array.from({ length: count }, () => serve(counter)).join("");

describe("VirtualTokenCounter", () => {
  it("lets tenants take turns, and each one's own come first come first served", () => {
    const counter = new VirtualTokenCounter<Queued>();
    const a = [1, 2, 3].map(() => queued({ tenant: "a" }));
    const b = [1, 2].map(() => queued({ tenant: "b" }));
    for (const item of [...a, ...b]) counter.add(item);
    const served = Array.from({ length: 5 }, () => admit(counter));
    expect(served).toEqual([a[0], b[0], a[1], b[1], a[2]]);
    expect(counter.next()).toBeUndefined();
  });

  it("serves the empty tenant as one like any other", () => {
    const counter = filled({ "": 3, b: 2 });
    expect(Array.from({ length: 5 }, () => serve(counter))).toEqual(["", "b", "", "b", ""]);
  });

  it("counts a drawn token twice a prompt's", () => {
    const counter = filled({ a: 1, b: 4 });
    const a = admit(counter, 4);
    counter.countDrawn(a, 1);
    counter.add(queued({ tenant: "a" }));
    // b catches up with 4 + 2 tokens.
    const served = [5, 1, 1].map((numTokens) => tenantOf(admit(counter, numTokens)));
    expect(served).toEqual(["b", "b", "a"]);
  });

  it("counts only what is to be computed of a prompt", () => {
    const counter = filled({ a: 2, b: 2 });
    expect(tenantOf(admit(counter, 0))).toBe("a");
    expect(tenantOf(admit(counter, 9))).toBe("b");
    expect(tenantOf(admit(counter, 0))).toBe("a");
  });

  it("gives the next place to a lone newcomer, whatever others have queued", () => {
    const counter = filled({ a: 50 });
    const running = [admit(counter), admit(counter)];
    for (const item of running) counter.countDrawn(item, 100);
    counter.add(queued({ tenant: "b" }));
    expect(tenantOf(counter.next())).toBe("b");
  });

  it("gives the place to who has fewer rows where service is equal", () => {
    const counter = filled({ a: 2 });
    admit(counter);
    counter.add(queued({ tenant: "b" }));
    expect(tenantOf(counter.next())).toBe("b");
  });

  it("gives no credit for having been idle", () => {
    const counter = filled({ a: 20, b: 1 });
    serve(counter);
    serve(counter);
    expect(order(counter, 10)).toBe("aaaaaaaaaa");
    for (let i = 0; i < 9; i++) counter.add(queued({ tenant: "b" }));
    expect(order(counter, 4)).toMatch(/^(ab|ba)(ab|ba)$/);
  });

  it("remembers what an idle tenant was served beyond the others, until they have caught up", () => {
    const counter = filled({ a: 1, b: 9 });
    expect(serve(counter, 10)).toBe("a");
    counter.add(queued({ tenant: "a" }));
    expect(order(counter, 6)).toBe("bbbbbb");
  });

  it("forgets an idle tenant once the others have caught up", () => {
    const counter = filled({ a: 1, b: 30 });
    expect(serve(counter, 10)).toBe("a");
    order(counter, 20);
    counter.add(queued({ tenant: "c" }));
    while (serve(counter) !== "c");
    // Nobody but b: c was served no more than b meanwhile.
    expect(counter.numTenants).toBe(1);
  });

  it("forgets everybody when nobody waits or runs", () => {
    const counter = filled({ a: 1, b: 1 });
    serve(counter, 100);
    expect([counter.isIdle, counter.numTenants]).toEqual([false, 2]);
    serve(counter);
    expect([counter.isIdle, counter.numTenants]).toEqual([true, 0]);
  });

  it("does not keep out for ever one who was served once while new tenants never end", () => {
    const counter = filled({ old: 2, new0: 1 });
    const served: string[] = [];
    for (let i = 1; served.filter((tenant) => tenant === "old").length < 2; i++) {
      if (i > 1000) throw new Error("kept out");
      counter.add(queued({ tenant: `new${i}` }));
      served.push(serve(counter, 10));
    }
    expect(served.length).toBeLessThan(20);
  });

  it("remembers a bounded number of idle tenants", () => {
    const counter = filled({ busy: 1, greedy: 1 });
    admit(counter);
    serve(counter, 1e9);
    for (let i = 0; i < 5_000; i++) {
      counter.add(queued({ tenant: `t${i}` }));
      serve(counter);
    }
    expect(counter.numTenants).toBeLessThanOrEqual(1 + 4_096);
  });

  it("forgets tenants of one request each while another stays busy", () => {
    const counter = filled({ busy: 1 });
    admit(counter);
    for (let i = 0; i < 10_000; i++) {
      counter.add(queued({ tenant: `t${i}` }));
      serve(counter, i % 7 === 0 ? 1_000 : 1);
    }
    expect(counter.numTenants).toBeLessThan(20);
  });

  it("lets one that waits leave, and charges nothing for it", () => {
    const counter = filled({ b: 1 });
    const [first, second] = [queued({ tenant: "a" }), queued({ tenant: "a" })];
    counter.add(first);
    counter.add(second);
    counter.remove(first);
    expect(counter.waitingOf("a")).toEqual([second]);
    expect([counter.numWaiting, counter.waiting().length]).toEqual([2, 2]);
    expect(order(counter, 2)).toBe("ba");
  });
});

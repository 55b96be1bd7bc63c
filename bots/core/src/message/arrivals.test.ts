import { describe, expect, it } from "vitest";
import { createGate } from "../testing/gate.ts";
import { Arrivals } from "./arrivals.ts";

describe("Arrivals", () => {
  it("lets nobody overtake, whoever passes first", async () => {
    const arrivals = new Arrivals();
    const order: number[] = [];
    const all = [1, 2, 3].map((number) => ({ number, ...arrivals.arrive("a") }));
    const waits = all.map(({ number, isNext }) => isNext.then(() => order.push(number)));
    all[2]?.pass();
    all[1]?.pass();
    await waits[0];
    expect(order).toEqual([1]);
    all[0]?.pass();
    await Promise.all(waits);
    expect(order).toEqual([1, 2, 3]);
  });

  it("hands what is looked up on in order, and minds no failure", async () => {
    const arrivals = new Arrivals();
    const order: string[] = [];
    const lookUp = createGate();
    const handOn = async (name: string, found: Promise<void>) => {
      await arrivals.inOrder("a", found);
      order.push(name);
    };
    const slow = handOn("slow", lookUp.opened);
    const failing = handOn("failing", Promise.reject(new Error("not found")));
    const quick = handOn("quick", Promise.resolve());
    failing.catch(() => undefined);
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    lookUp.open();
    await Promise.all([slow, quick, expect(failing).rejects.toThrow("not found")]);
    expect(order).toEqual(["slow", "quick"]);
  });

  it("keeps conversations apart, and who comes to an empty one does not wait", async () => {
    const arrivals = new Arrivals();
    arrivals.arrive("a");
    await arrivals.arrive("b").isNext;
    const first = arrivals.arrive("c");
    first.pass();
    await arrivals.arrive("c").isNext;
  });
});

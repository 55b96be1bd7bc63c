import { describe, expect, it } from "vitest";
import { PrefillQueue } from "./prefill-queue.ts";

const promptOf = (numPromptTokens: number) => ({ numPromptTokens, numComputedTokens: 0 });
type Prompt = ReturnType<typeof promptOf>;

/** Computes the next one's chunk; who it was. */
function compute(order: PrefillQueue<Prompt>, chunk: number): Prompt {
  const sequence = order.next()!;
  const numTokens = Math.min(chunk, sequence.numPromptTokens - sequence.numComputedTokens);
  sequence.numComputedTokens += numTokens;
  order.computed(sequence, numTokens);
  if (sequence.numComputedTokens === sequence.numPromptTokens) order.remove(sequence);
  return sequence;
}

describe("PrefillQueue", () => {
  it("takes the prompt with the fewest tokens to go, equals as they came", () => {
    const order = new PrefillQueue<Prompt>();
    expect(order.next()).toBeUndefined();
    const [long, short, other] = [promptOf(90), promptOf(20), promptOf(20)];
    for (const sequence of [long, short, other]) order.add(sequence);
    expect([1, 2, 3, 4].map(() => compute(order, 30))).toEqual([short, other, long, long]);
  });

  it("counts what is left, not what there was", () => {
    const order = new PrefillQueue<Prompt>();
    const [begun, fresh] = [promptOf(100), promptOf(50)];
    begun.numComputedTokens = 60;
    order.add(begun);
    order.add(fresh);
    expect(order.next()).toBe(begun);
  });

  it("never starves a long prompt, whatever short ones keep coming", () => {
    const order = new PrefillQueue<Prompt>();
    const long = promptOf(4_000);
    order.add(long);
    let others = 0;
    while (order.size > 0 && long.numComputedTokens < 4_000) {
      order.add(promptOf(40));
      if (compute(order, 64) !== long) others++;
    }
    // A chunk of 64 for every 256 tokens of others.
    expect(others).toBeLessThanOrEqual(Math.ceil(4_000 / 64) * Math.ceil(256 / 40));
  });

  it("lets a short prompt go before an old long one within a few chunks", () => {
    const order = new PrefillQueue<Prompt>();
    order.add(promptOf(4_000));
    for (let i = 0; i < 30; i++) {
      order.add(promptOf(40));
      const turns = [compute(order, 64), compute(order, 64)];
      expect(turns.some(({ numPromptTokens }) => numPromptTokens === 40)).toBe(true);
    }
  });

  it("forgets one that leaves, the first one too", () => {
    const order = new PrefillQueue<Prompt>();
    const [first, second] = [promptOf(900), promptOf(800)];
    order.add(first);
    order.add(second);
    for (let i = 0; i < 4; i++) compute(order, 64);
    order.remove(first);
    order.remove(first);
    expect([order.size, order.next()]).toEqual([1, second]);
    order.remove(second);
    expect([order.size, order.next()]).toEqual([0, undefined]);
  });
});

import { describe, expect, it } from "vitest";
import { characterModel, fakeRequest, tokensOf } from "./fake-requests.fixture.ts";
import { Sequence } from "./sequence.ts";
import { WaitingQueue } from "./waiting-queue.ts";

const waiting = (name: string, priority = 0, maxQueueTimeMs?: number) =>
  new Sequence({
    request: fakeRequest({ promptTokenIds: tokensOf(name), priority, maxQueueTimeMs }),
    model: characterModel,
    maxModelLen: 64,
    now: 0,
  });

const nameOf = ({ request }: Sequence) => String.fromCharCode(...request.promptTokenIds);

function drain(queue: WaitingQueue): string[] {
  const names: string[] = [];
  for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
    names.push(nameOf(next));
    queue.remove(next);
  }
  return names;
}

describe("WaitingQueue", () => {
  it("serves lower priority first and equals in order of arrival", () => {
    const queue = new WaitingQueue();
    const arrivals = [waiting("a"), waiting("b", 5), waiting("c", -1), waiting("d"), waiting("e", -1), waiting("f", 5)];
    for (const sequence of arrivals) queue.add(sequence);
    expect(drain(queue)).toEqual(["c", "e", "a", "d", "b", "f"]);
  });

  it("counts requests and prompt tokens", () => {
    const queue = new WaitingQueue();
    const [a, b] = [waiting("a"), waiting("b")];
    queue.add(a);
    queue.add(b);
    expect([queue.size, queue.numTokens]).toEqual([2, 2]);
    queue.remove(a);
    expect([queue.size, queue.numTokens]).toEqual([1, 1]);
  });

  it("lets go of those that have waited as long as they would", () => {
    const queue = new WaitingQueue();
    for (const sequence of [waiting("a", 0, 100), waiting("b"), waiting("c", 0, 50)]) queue.add(sequence);
    expect(queue.removeTimedOut(99).map(nameOf)).toEqual(["c"]);
    expect(queue.removeTimedOut(100).map(nameOf)).toEqual(["a"]);
    expect(drain(queue)).toEqual(["b"]);
  });
});

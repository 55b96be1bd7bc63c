import { describe, expect, it } from "vitest";
import { characterModel, fakeRequest } from "./fake-requests.ts";
import { Sequence } from "./sequence.ts";
import { WaitingQueue } from "./waiting-queue.ts";

const waiting = (requestId: string, priority = 0, maxQueueTimeMs?: number) =>
  new Sequence({
    request: fakeRequest({ requestId, priority, maxQueueTimeMs }),
    model: characterModel,
    maxModelLen: 64,
    now: 0,
  });

function drain(queue: WaitingQueue): string[] {
  const ids: string[] = [];
  for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
    ids.push(next.request.requestId);
    queue.remove(next);
  }
  return ids;
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
    expect([queue.size, queue.numTokens]).toEqual([2, 6]);
    queue.remove(a);
    expect([queue.size, queue.numTokens]).toEqual([1, 3]);
  });

  it("lets go of those that have waited as long as they would", () => {
    const queue = new WaitingQueue();
    for (const sequence of [waiting("a", 0, 100), waiting("b"), waiting("c", 0, 50)]) queue.add(sequence);
    expect(queue.removeTimedOut(99).map(({ request }) => request.requestId)).toEqual(["c"]);
    expect(queue.removeTimedOut(100).map(({ request }) => request.requestId)).toEqual(["a"]);
    expect(drain(queue)).toEqual(["b"]);
  });
});

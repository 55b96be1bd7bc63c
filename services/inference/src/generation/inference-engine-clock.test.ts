import fc from "fast-check";
import { expect, it } from "vitest";
import { FakeModelRunner } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, fakeRequest } from "../engine/fake-requests.fixture.ts";
import type { GenerationEvent } from "../engine/generation.ts";
import { InferenceEngine } from "./inference-engine.ts";

const jumps = fc.array(fc.oneof(fc.constant(1), fc.constant(1), fc.double({ min: -1e12, max: 1e12, noNaN: true })), {
  minLength: 1,
  maxLength: 20,
});

async function reply(engine: InferenceEngine, first: number): Promise<readonly GenerationEvent[]> {
  const request = fakeRequest({ promptTokenIds: [first, 2, 3], stopping: { maxTokens: 5, ignoreRepetition: true } });
  const events: GenerationEvent[] = [];
  for await (const event of engine.generate(request, new AbortController().signal)) events.push(event);
  return events;
}

it("an engine whose clock jumps back and forward gives every reply whole, in times of no less than nothing", async () => {
  const play = async (steps: readonly number[]) => {
    let now = 0;
    let calls = 0;
    const clock = () => {
      now += steps[calls++ % steps.length]!;
      return now;
    };
    const runner = new FakeModelRunner({ next: (_, said) => 97 + said.length, maxNumSeqs: 2 });
    const engine = new InferenceEngine({
      runner,
      model: characterModel,
      maxWaiting: 8,
      maxWaitingTokens: 99,
      now: clock,
    });
    const replies = await Promise.all([1, 2, 3, 4, 5].map((first) => reply(engine, first)));
    for (const events of replies) {
      expect(events.map((event) => (event.type === "delta" ? event.text : "")).join("")).toBe("abcde");
      const [started, finished] = [events[0]!, events.at(-1)!];
      if (started.type !== "started" || finished.type !== "finished") throw new Error("the reply is not whole");
      for (const ms of [started.queueTimeMs, ...Object.values(finished.timings)]) expect(ms).toBeGreaterThanOrEqual(0);
    }
    expect(engine.load()).toMatchObject({ running: 0, waiting: 0 });
    await engine.close();
  };
  await fc.assert(fc.asyncProperty(jumps, play), { numRuns: 50 });
});

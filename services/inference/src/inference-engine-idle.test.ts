import { expect, it } from "vitest";
import { characterModel, EOS, fakeRequest } from "./engine/fake-requests.fixture.ts";
import { createInferenceEngine } from "./inference-engine.ts";
import { FakeModelRunner } from "./runtime/fake-model-runner.fixture.ts";

it("an engine takes a request that comes in the very moment it runs out of work", async () => {
  const onLookForWork: (() => void)[] = [];
  const engine = createInferenceEngine({
    runner: new FakeModelRunner({ next: () => EOS }),
    model: characterModel,
    maxWaiting: 8,
    maxWaitingTokens: 1000,
    // It asks for the time when it looks for work, and finds none once nothing runs.
    now: () => {
      if (engine.load().running === 0 && engine.load().waiting === 0) onLookForWork.splice(0).forEach(queueMicrotask);
      return 0;
    },
  });
  const generate = async () => {
    const reasons: string[] = [];
    for await (const event of engine.generate(fakeRequest(), new AbortController().signal))
      if (event.type === "finished") reasons.push(event.reason);
    return reasons;
  };

  void generate();
  const second = new Promise((resolve) => {
    onLookForWork.push(() => resolve(generate()));
  });

  expect(await second).toEqual(["eos"]);
});

import { expect, it } from "vitest";
import { characterModel, fakeRequest } from "./engine/fake-requests.fixture.ts";
import { createInferenceEngine } from "./inference-engine.ts";
import { FakeModelRunner } from "./runtime/fake-model-runner.fixture.ts";

/** A model that says "ab", and whose second reply cannot be decoded from the "b" on. */
function faultyModel() {
  let decoders = 0;
  const createDecoder = () => {
    const isFaulty = ++decoders === 2;
    const push = (tokenId: number) => {
      if (isFaulty && tokenId === 98) throw new RangeError("no such token");
      return String.fromCharCode(tokenId);
    };
    return { push };
  };
  return { ...characterModel, createDecoder };
}

it("an engine ends all of a step whose results cannot be taken, a reply that finished in it among them", async () => {
  const next = (_prompt: readonly number[], reply: readonly number[]) => 97 + reply.length;
  const runner = new FakeModelRunner({ next });
  const engine = createInferenceEngine({ runner, model: faultyModel(), maxWaiting: 8, maxWaitingTokens: 1000 });
  const generate = async (maxTokens: number) => {
    const request = fakeRequest({ stopping: { maxTokens } });
    for await (const event of engine.generate(request, new AbortController().signal)) void event;
  };

  const replies = await Promise.allSettled([generate(2), generate(9)]);
  const reason = expect.objectContaining({ cause: expect.objectContaining({ message: "no such token" }) });
  expect(replies).toEqual([1, 2].map(() => ({ status: "rejected", reason })));
  expect(engine.load().running).toBe(0);
});

import { expect, it } from "vitest";
import { FakeModelRunner } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, fakeRequest } from "../engine/fake-requests.fixture.ts";
import { InferenceEngine } from "./inference-engine.ts";

/** A model that says "abc…", and whose second reply cannot be decoded from the "b" on. */
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

it("an engine ends the one request for which no decoder can be made; the next has its row", async () => {
  let decoders = 0;
  const createDecoder = () => {
    if (++decoders === 1) throw new RangeError("no such decoder");
    return characterModel.createDecoder();
  };
  const runner = new FakeModelRunner({ next: () => 97, maxNumSeqs: 1 });
  const model = { ...characterModel, createDecoder };
  const engine = new InferenceEngine({ runner, model, maxWaiting: 8, maxWaitingTokens: 1000 });
  const generate = async () => {
    for await (const event of engine.generate(
      fakeRequest({ stopping: { maxTokens: 2 } }),
      new AbortController().signal,
    ))
      if (event.type === "finished") return event.reason;
    return undefined;
  };
  const replies = await Promise.allSettled([generate(), generate()]);
  const reason = expect.objectContaining({ cause: expect.objectContaining({ message: "no such decoder" }) });
  expect(replies).toEqual([
    { status: "rejected", reason },
    { status: "fulfilled", value: "maxTokens" },
  ]);
  expect(engine.health).toBe("works");
});

it("an engine ends the one request whose tokens cannot be made text; the others get theirs", async () => {
  const next = (_prompt: readonly number[], reply: readonly number[]) => 97 + reply.length;
  const runner = new FakeModelRunner({ next });
  const engine = new InferenceEngine({ runner, model: faultyModel(), maxWaiting: 8, maxWaitingTokens: 1000 });
  const generate = async (maxTokens: number) => {
    let text = "";
    const request = fakeRequest({ stopping: { maxTokens } });
    for await (const event of engine.generate(request, new AbortController().signal))
      if (event.type === "delta") text += event.text;
    return text;
  };

  const replies = await Promise.allSettled([generate(2), generate(9), generate(5)]);
  const reason = expect.objectContaining({ cause: expect.objectContaining({ message: "no such token" }) });
  expect(replies).toEqual([
    { status: "fulfilled", value: "ab" },
    { status: "rejected", reason },
    { status: "fulfilled", value: "abcde" },
  ]);
  expect(engine.load().running).toBe(0);
});

import { describe, expect, it } from "vitest";
import { FakeModelRunner } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, type FakeRequestOptions, fakeRequest } from "../engine/fake-requests.fixture.ts";
import type { EngineModel, GenerationEvent } from "../engine/generation.ts";
import { InferenceEngine } from "./inference-engine.ts";

const MAX_MODEL_LEN = 64;

/** Why a reply ended, and its tokens. */
async function generate(request: FakeRequestOptions, model: EngineModel = characterModel) {
  const runner = new FakeModelRunner({ next: () => 200, maxModelLen: MAX_MODEL_LEN });
  const engine = new InferenceEngine({ runner, model, maxWaiting: 8, maxWaitingTokens: 1000 });
  const events: GenerationEvent[] = [];
  const limitless = { maxTokens: 1000, ignoreRepetition: true };
  const stream = engine.generate(
    fakeRequest({ logprobs: 5, ...request, stopping: { ...limitless, ...request.stopping } }),
    new AbortController().signal,
  );
  for await (const event of stream) events.push(event);
  await engine.close();
  const deltas = events.flatMap((event) => (event.type === "delta" ? [event] : []));
  const last = events.at(-1);
  if (last?.type !== "finished") throw new Error("the last event is not finished");
  return { reason: last.reason, numTokens: last.completionTokens, deltas };
}

describe("a reply's limits", () => {
  it("end it at the model's own context, which may be shorter than its weights allow", async () => {
    expect(await generate({ maxModelLen: 20 })).toMatchObject({ reason: "contextFull", numTokens: 17 });
    expect(await generate({ maxModelLen: 1000 })).toMatchObject({ reason: "contextFull", numTokens: 61 });
    expect(await generate({ maxModelLen: 20, stopping: { maxTokens: 17 } })).toMatchObject({ reason: "maxTokens" });
  });

  it.each([
    ["the weights'", 1000, MAX_MODEL_LEN],
    ["a variant's", 24, 24],
  ])(
    "leave a token after a prompt that fills %s context but for one, and refuse one that fills it",
    async (_, own, length) => {
      const prompt = (tokens: number) => ({ maxModelLen: own, promptTokenIds: new Array(tokens).fill(7) });
      expect(await generate(prompt(length - 1))).toMatchObject({ reason: "contextFull", numTokens: 1 });
      await expect(generate(prompt(length))).rejects.toMatchObject({ code: "PROMPT_TOO_LONG" });
    },
  );

  it.each([0, 0.8])("never draw or list a column beyond the vocabulary (temperature %d)", async (temperature) => {
    const sampling = { temperature, seed: 1, repetitionPenalty: 1.1 };
    const { deltas } = await generate({ sampling }, { ...characterModel, vocabSize: 180 });
    const logprobs = deltas.flatMap((delta) => delta.logprobs);
    expect(logprobs).toHaveLength(61);
    for (const { drawn, top } of logprobs) {
      for (const { tokenId, logprob } of [drawn, ...top]) {
        expect(tokenId).toBeLessThan(180);
        expect(logprob).toBeLessThanOrEqual(0);
      }
    }
  });
});

import { describe, expect, it } from "vitest";
import { FakeModelRunner, type NextToken } from "../engine/fake-model-runner.fixture.ts";
import {
  characterModel,
  EOS,
  type FakeRequestOptions,
  fakeRequest,
  tokensOf,
} from "../engine/fake-requests.fixture.ts";
import { InferenceEngine } from "./inference-engine.ts";

const LINE = "the cat sat. ";
/** Says the line again and again, and ends after 50 letters. */
const parrot: NextToken = (_prompt, reply) => (reply.length < 50 ? LINE.charCodeAt(reply.length % LINE.length) : EOS);

/** A whole reply of an engine whose passes all take as long: its text, tokens, end, and in how many passes. */
async function reply(request: FakeRequestOptions, promptLookup: boolean) {
  let clock = 0;
  let told = 0;
  const runner = new FakeModelRunner({ next: parrot, maxModelLen: 80 });
  const now = () => clock++;
  const options = { runner, model: characterModel, maxWaiting: 8, maxWaitingTokens: 1000, promptLookup, now };
  const stream = new InferenceEngine(options).generate(
    fakeRequest(request),
    new AbortController().signal,
    () => told++,
  );
  let text = "";
  const tokenIds: number[] = [];
  for await (const event of stream) {
    if (event.type === "delta") {
      text += event.text;
      tokenIds.push(...event.tokenIds);
      expect(event.logprobs).toHaveLength(request.logprobs === undefined ? 0 : event.tokenIds.length);
    }
    if (event.type !== "finished") continue;
    const { timings: _, ...finished } = event;
    return { reply: { text, tokenIds, told, finished }, passes: runner.plans.length };
  }
  throw new Error("no end");
}

describe("an engine with prompt lookup", () => {
  it.each<[string, FakeRequestOptions]>([
    ["ends by itself", { stopping: { maxTokens: 60 } }],
    ["ends at max tokens", { stopping: { maxTokens: 33 } }],
    ["fills the context", { promptTokenIds: new Array(50).fill(1), stopping: { maxTokens: 60 } }],
    ["ends at a stop string, which drafts run past", { stopping: { maxTokens: 60, stop: ["at. the cat sat. the c"] } }],
    [
      "ends at a stop token",
      { promptTokenIds: tokensOf("the cat; "), stopping: { maxTokens: 60, stopTokenIds: [46] } },
    ],
    ["is sampled", { sampling: { temperature: 1.5, seed: 7 }, stopping: { maxTokens: 60 } }],
    ["is penalised", { sampling: { repetitionPenalty: 1.2, presencePenalty: 0.5 }, stopping: { maxTokens: 60 } }],
    ["tells log-probabilities", { logprobs: 2, stopping: { maxTokens: 60 } }],
  ])("gives the reply that it gives without, where it %s", async (_name, request) => {
    const prompt = tokensOf(LINE.repeat(2));
    const among = await reply({ promptTokenIds: prompt, ...request }, true);
    const without = await reply({ promptTokenIds: prompt, ...request }, false);
    expect(among.reply).toEqual(without.reply);
    expect(among.passes).toBeLessThanOrEqual(without.passes);
  });

  it("needs a fraction of the passes for what stood in its context", async () => {
    const request = { promptTokenIds: tokensOf(LINE), stopping: { maxTokens: 60 } };
    expect((await reply(request, false)).passes).toBe(51);
    expect((await reply(request, true)).passes).toBeLessThan(20);
  });
});

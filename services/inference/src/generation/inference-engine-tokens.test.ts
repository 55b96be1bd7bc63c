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

/** Says "abcdef…". */
const alphabet: NextToken = (_prompt, reply) => 97 + reply.length;

function setup(next = alphabet) {
  const runner = new FakeModelRunner({ next });
  const engine = new InferenceEngine({ runner, model: characterModel, maxWaiting: 8, maxWaitingTokens: 99 });
  return (request: FakeRequestOptions, onToken?: () => void) =>
    engine.generate(fakeRequest(request), new AbortController().signal, onToken);
}

async function deltasOf(stream: ReturnType<ReturnType<typeof setup>>) {
  const deltas = [];
  for await (const event of stream) if (event.type === "delta") deltas.push(event);
  return deltas;
}

describe("a reply's tokens", () => {
  it.each([undefined, 0])("are sent with their text, save those that only ended it (logprobs %s)", async (logprobs) => {
    const deltas = await deltasOf(setup()({ logprobs, stopping: { stop: ["ce", "de"] } }));
    expect(deltas.map(({ text, tokenIds }) => ({ text, tokenIds }))).toEqual([
      { text: "a", tokenIds: tokensOf("a") },
      { text: "b", tokenIds: tokensOf("b") },
      { text: "c", tokenIds: tokensOf("c") },
    ]);
    expect(deltas.flatMap((delta) => delta.logprobs)).toHaveLength(logprobs === undefined ? 0 : 3);
  });

  it("are all sent at the end, those without text too", async () => {
    const next: NextToken = (_prompt, reply) => (reply.length === 0 ? 97 : EOS);
    const deltas = await deltasOf(setup(next)({ stopping: { maxTokens: 2, ignoreEos: true } }));
    expect(deltas.map(({ text, tokenIds }) => ({ text, tokenIds }))).toEqual([
      { text: "a", tokenIds: [97] },
      { text: "", tokenIds: [EOS] },
    ]);
  });

  it("come with their log-probabilities when asked", async () => {
    const [first] = await deltasOf(setup()({ logprobs: 2 }));
    expect(first!.logprobs[0]!.drawn).toEqual(first!.logprobs[0]!.top[0]);
    expect(first!.logprobs[0]!.top).toHaveLength(2);
  });

  it("are told of as they are drawn, however slow the caller and whether or not they are sent", async () => {
    let drawn = 0;
    const stream = setup()({ stopping: { stop: ["de"] } }, () => drawn++)[Symbol.asyncIterator]();
    await stream.next();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(drawn).toBe(5);
    let last = await stream.next();
    while (last.value?.type === "delta") last = await stream.next();
    expect(last.value).toMatchObject({ type: "finished", completionTokens: 5 });
  });
});

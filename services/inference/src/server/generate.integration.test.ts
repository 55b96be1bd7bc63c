import { type CountTokensResponse, durationToMs, FinishReason, type GenerateResponse } from "@cria/proto";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { call, closeTestServers, collect, failure, generateRequest, startTestServer } from "./test-server.fixture.ts";

afterEach(closeTestServers);

function textOf(responses: readonly GenerateResponse[]): string {
  return responses.map(({ event }) => (event?.$case === "delta" ? event.value.text : "")).join("");
}

function finishedOf(responses: readonly GenerateResponse[]) {
  const event = responses.at(-1)?.event;
  return event?.$case === "finished" ? event.value : expect.fail("the last message is not Finished");
}

describe("Generate", () => {
  it("streams one Started, the reply in whole characters, and one Finished", async () => {
    const { inference } = await startTestServer({ reply: "Hi 世界 😀" });
    const responses = await collect(inference.generate(generateRequest({ requestId: "r1", sampling: { seed: 7 } })));
    expect(responses[0]?.event).toMatchObject({
      $case: "started",
      value: {
        modelRevision: expect.stringMatching(/^[0-9a-f]{12}$/),
        promptTokens: 3,
        cachedTokens: 0,
        droppedSegments: 0,
        seed: 7,
        sampling: { temperature: 0, topP: 1, seed: 7 },
        stopping: { maxTokens: 16, stop: [] },
      },
    });
    expect(textOf(responses)).toBe("Hi 世界 😀");
    expect(textOf(responses)).not.toContain("\ufffd");
    expect(responses.slice(1, -1).every(({ event }) => event?.$case === "delta")).toBe(true);
    expect(finishedOf(responses)).toMatchObject({
      finishReason: FinishReason.EOS,
      usage: { promptTokens: 3, cachedTokens: 0, completionTokens: 15 },
      textLength: 8,
    });
  });

  it("tells where the time went, the model's load and the wait included", async () => {
    const { inference } = await startTestServer();
    const timed = async () => {
      const { timings } = finishedOf(await collect(inference.generate(generateRequest())));
      return Object.entries(timings!).map(([name, duration]) => [name, durationToMs(duration)]);
    };
    const [first, second] = [Object.fromEntries(await timed()), Object.fromEntries(await timed())];
    expect(first.modelLoad).toBeGreaterThan(0);
    expect(first.timeToFirstToken).toBeGreaterThanOrEqual(first.modelLoad + first.prefill);
    expect(second.modelLoad).toBe(0);
  });

  it("ends at a stop string, which is not sent", async () => {
    const { inference } = await startTestServer({ reply: "one. two" });
    const responses = await collect(inference.generate(generateRequest({ stopping: { stop: [". t"] } })));
    expect(textOf(responses)).toBe("one");
    expect(finishedOf(responses)).toMatchObject({ finishReason: FinishReason.STOP, matchedStop: ". t" });
  });

  it("ends at max_tokens, and tells a context cut short from it", async () => {
    const { inference } = await startTestServer({ reply: "x y z".repeat(20) });
    const long = { maxTokens: 1000, ignoreRepetition: true };
    const [short, cut] = await Promise.all([
      collect(inference.generate(generateRequest({ stopping: { maxTokens: 4 } }))),
      collect(inference.generate(generateRequest({ stopping: long }))),
    ]);
    expect(finishedOf(short)).toMatchObject({ finishReason: FinishReason.MAX_TOKENS, textLength: 4 });
    expect(finishedOf(cut)).toMatchObject({ finishReason: FinishReason.CONTEXT_FULL });
  });

  it("cuts a variant's reply at its own context, though its base's is longer", async () => {
    const { inference } = await startTestServer({ reply: "x y z".repeat(20) });
    const stopping = { maxTokens: 200, ignoreRepetition: true };
    const request = generateRequest({ model: "fake-variant", stopping });
    const { finishReason, usage } = finishedOf(await collect(inference.generate(request)));
    expect(finishReason).toBe(FinishReason.CONTEXT_FULL);
    expect(usage).toMatchObject({ promptTokens: 3, completionTokens: 21 });
  });

  it("answers a prompt that fills the context but for one token, and refuses a longer one", async () => {
    const { inference } = await startTestServer();
    // With the token that begins every prompt.
    const ask = (length: number) => {
      const request = generateRequest({ prompt: [{ text: "x".repeat(length - 1) }], stopping: { maxTokens: 1 } });
      return collect(inference.generate(request));
    };
    expect(finishedOf(await ask(63)).usage).toMatchObject({ promptTokens: 63, completionTokens: 1 });
    expect(await failure(ask(64))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: expect.stringContaining("64"),
    });
  });

  it("ends at a stop string that is a control token's text", async () => {
    const next = (_prompt: readonly number[], reply: readonly number[]) => [65, 66, 257][reply.length] ?? 67;
    const { inference } = await startTestServer({ runner: { next } });
    const responses = await collect(inference.generate(generateRequest({ stopping: { stop: ["<s>"] } })));
    expect(textOf(responses)).toBe("AB");
    expect(finishedOf(responses)).toMatchObject({ finishReason: FinishReason.STOP, matchedStop: "<s>" });
  });

  it("draws a token or refuses, whatever extremes the sampling parameters are", async () => {
    const { inference } = await startTestServer({ maxWaiting: 64 });
    const extremes = [1e-45, 1e-39, 1e-20, 3e38, -1e-45, Number.NaN, Number.POSITIVE_INFINITY];
    const names = ["repetitionPenalty", "frequencyPenalty", "presencePenalty", "temperature", "topP", "minP"];
    const outcomes = names.flatMap((name) =>
      extremes.map(async (value) => {
        const request = generateRequest({ sampling: { temperature: 1, [name]: value } as never });
        const end = await collect(inference.generate(request)).catch(({ code }) => code as number);
        return Array.isArray(end) ? "reply" : end;
      }),
    );
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["reply", status.INVALID_ARGUMENT]));
  });

  it("drops the oldest droppable segments of a prompt that is too long", async () => {
    const { inference } = await startTestServer();
    const prompt = [{ text: "o".repeat(40), droppable: true }, { text: "Q".repeat(20) }];
    const [started] = await collect(inference.generate(generateRequest({ prompt })));
    expect(started?.event).toMatchObject({ value: { droppedSegments: 1, promptTokens: 21 } });
  });

  it("lists the likeliest tokens where log-probabilities are asked for", async () => {
    const { inference } = await startTestServer({ reply: "é" });
    const responses = await collect(inference.generate(generateRequest({ logprobs: 2 })));
    const deltas = responses.flatMap(({ event }) => (event?.$case === "delta" ? [event.value] : []));
    const logprobs = deltas.flatMap((delta) => delta.logprobs);
    expect(logprobs.length).toBe(deltas.flatMap((delta) => delta.tokenIds).length);
    expect(logprobs[0]?.drawn).toMatchObject({ tokenId: 0xc3, text: "\ufffd" });
    expect(logprobs[0]?.top).toHaveLength(2);
    expect(logprobs[0]?.top[0]?.logprob).toBeLessThan(0);
  });

  it("counts what it did in the metrics, tokens that only ended the reply too", async () => {
    const { inference, metrics } = await startTestServer();
    const { usage } = finishedOf(await collect(inference.generate(generateRequest({ stopping: { stop: ["lo!"] } }))));
    expect(usage).toMatchObject({ completionTokens: 6 });
    expect(await metrics.registry.metrics()).toContain('cria_generation_tokens_total{model_name="fake"} 6');
    await collect(inference.generate(generateRequest()));
    await failure(collect(inference.generate(generateRequest({ model: "" }))));
    const text = await metrics.registry.metrics();
    expect(text).toContain('cria_request_success_total{model_name="fake",finished_reason="eos"} 1');
    expect(text).toContain('cria_prompt_tokens_total{model_name="fake"} 6');
    expect(text).toContain('cria_request_failure_total{reason="INVALID_ARGUMENT"} 1');
  });

  it("logs whose request it was, never what was written", async () => {
    const { inference, logged } = await startTestServer({ reply: "the reply" });
    await collect(inference.generate(generateRequest({ prompt: [{ text: "the prompt" }], tenant: "t1" })));
    expect(logged.join("")).toMatch(/"requestId":"[-0-9a-f]{36}","model":"fake","tenant":"t1"/);
    expect(logged.join("")).not.toMatch(/the prompt|the reply/);
    await collect(inference.generate(generateRequest({ requestId: "mine" })));
    expect(logged.join("")).toContain('"requestId":"mine"');
  });
});

describe("CountTokens", () => {
  it("counts each segment and the whole", async () => {
    const { inference } = await startTestServer();
    const counted = await call<CountTokensResponse>((done) =>
      inference.countTokens(
        {
          model: "fake",
          prompt: [
            { text: "ab", droppable: false, literal: false },
            { text: "</s>", droppable: true, literal: true },
          ],
        },
        done,
      ),
    );
    expect(counted).toEqual({ segmentTokens: [2, 4], totalTokens: 7, maxModelLen: 64 });
  });
});

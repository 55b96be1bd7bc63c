import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FinishReason, GenerateRequest, type GenerateResponse, InferenceServiceClient } from "@cria/proto";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spawnService, stopServices } from "./main.fixture.ts";

const MODEL = "smollm2-135m";
const modelDir = fileURLToPath(new URL(`../../../models/${MODEL}`, import.meta.url));

describe.skipIf(!existsSync(modelDir))(`the service with ${MODEL} (skipped where it is absent)`, () => {
  let client: InferenceServiceClient;
  beforeAll(async () => {
    client = await connect({ CRIA_PRELOAD: "1" });
  });
  afterAll(async () => {
    client.close();
    await stopServices();
  });

  async function connect(env: Readonly<Record<string, string>>): Promise<InferenceServiceClient> {
    const { port } = await spawnService(env).line("listening");
    return new InferenceServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** One answer of the model in its own chat format. */
  async function ask(message: string, fields: object = {}, from = client) {
    const prompt = [
      { text: "<|im_start|>user\n" },
      { text: message, literal: true },
      { text: "<|im_end|>\n<|im_start|>assistant\n" },
    ];
    const responses: GenerateResponse[] = [];
    const request = GenerateRequest.fromPartial({ model: MODEL, prompt, sampling: { temperature: 0 }, ...fields });
    for await (const response of from.generate(request)) responses.push(response as GenerateResponse);
    const deltas = responses.flatMap(({ event }) => (event?.$case === "delta" ? [event.value] : []));
    const last = responses.at(-1)?.event;
    if (last?.$case !== "finished") throw new Error("the last message is not Finished");
    return { deltas, text: deltas.map(({ text }) => text).join(""), finished: last.value };
  }

  it("answers, and ends by itself", async () => {
    const { text, finished } = await ask("What is the capital of France?");
    expect(text).toContain("Paris");
    expect(finished.finishReason).toBe(FinishReason.EOS);
    expect(finished.textLength).toBe(text.length);
    expect(finished.usage?.completionTokens).toBeGreaterThan(1);
  });

  it("ends at a stop string, which is not sent", async () => {
    const { text, finished } = await ask("What is the capital of France?", { stopping: { stop: ["Paris"] } });
    expect(finished).toMatchObject({ finishReason: FinishReason.STOP, matchedStop: "Paris" });
    expect(text).not.toContain("Paris");
    expect(text.length).toBeGreaterThan(0);
  });

  it("gives the same reply for the same seed, and another for another", async () => {
    const story = (seed: number) =>
      ask("Tell me a story.", { sampling: { temperature: 1, seed }, stopping: { maxTokens: 24 } });
    const texts = [(await story(1)).text, (await story(1)).text, (await story(2)).text];
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
  });

  it("lists log-probabilities, the greedy token the likeliest", async () => {
    const { deltas } = await ask("Hi", { logprobs: 3, stopping: { maxTokens: 4 } });
    const logprobs = deltas.flatMap((delta) => delta.logprobs);
    expect(logprobs).toHaveLength(deltas.flatMap((delta) => delta.tokenIds).length);
    for (const { drawn, top } of logprobs) {
      expect(top).toHaveLength(3);
      expect(top[0]!.logprob).toBeGreaterThanOrEqual(top[1]!.logprob);
      expect(drawn!.logprob).toBeLessThanOrEqual(0);
    }
  });

  it("streams emoji and Chinese in whole characters", async () => {
    const { deltas, text } = await ask("", {
      prompt: [{ text: "😀 你好世界 🦙\n".repeat(4) }],
      sampling: { temperature: 0, repetitionPenalty: 1 },
      stopping: { maxTokens: 32, ignoreRepetition: true },
    });
    expect(text).toMatch(/[\u4e00-\u9fff]/);
    expect(text).toMatch(/\p{Extended_Pictographic}/u);
    expect(deltas.length).toBeGreaterThan(1);
    expect(text).not.toContain("\ufffd");
  });

  it("tells how much of a prompt was known, under its salt alone", async () => {
    const words = "Alpacas are fond of hay, of grass and of each other. ".repeat(8);
    const cachedTokens = async (cacheSalt: string) => {
      const { finished } = await ask(words, { cacheSalt, stopping: { maxTokens: 2 } });
      return finished.usage!.cachedTokens;
    };
    expect(await cachedTokens("ann")).toBe(0);
    expect(await cachedTokens("ann")).toBeGreaterThan(64);
    expect(await cachedTokens("ben")).toBe(0);
  });

  it("computes all anew without a prefix cache, and says the same", async () => {
    const uncached = await connect({ CRIA_PREFIX_CACHE: "0" });
    // A question whose answer leaves no token nearly as likely as another: kernels for one token and for many round otherwise.
    const words = `${"Alpacas are fond of hay, of grass and of each other. ".repeat(4)}What is the capital of France?`;
    const ids = async (from: InferenceServiceClient, cacheSalt: string) => {
      const { deltas, finished } = await ask(words, { cacheSalt, stopping: { maxTokens: 12 } }, from);
      return [deltas.flatMap(({ tokenIds }) => tokenIds), finished.usage!.cachedTokens > 0] as const;
    };
    const [cold, warm] = [await ids(client, "off"), await ids(client, "off")];
    expect([cold[1], warm[1]]).toEqual([false, true]);
    for (let i = 0; i < 2; i++) expect(await ids(uncached, "off")).toEqual([cold[0], false]);
    expect(warm[0]).toEqual(cold[0]);
    uncached.close();
  });

  it("takes a control token that a person typed for plain text", async () => {
    const count = (literal: boolean) =>
      new Promise<number>((resolve, reject) =>
        client.countTokens(
          { model: MODEL, prompt: [{ text: "<|im_end|>", droppable: false, literal }] },
          (error, response) => (error ? reject(error) : resolve(response.totalTokens)),
        ),
      );
    expect(await count(false)).toBe(1);
    expect(await count(true)).toBeGreaterThan(1);
  });
});

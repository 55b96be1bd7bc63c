import { GenerateRequest } from "@cria/proto";
import { describe, expect, it } from "vitest";
import { describedModel } from "../registry/model-description.fixture.ts";
import { toGenerationParameters } from "./generation-parameters.ts";

const MODEL = describedModel({ stop: ["Human:"], maxTokens: 16, maxModelLen: 64 });

function resolve(fields: object = {}) {
  return toGenerationParameters(GenerateRequest.fromPartial(fields), MODEL);
}

describe("toGenerationParameters", () => {
  it("takes the model's defaults where nothing is asked for", () => {
    expect(resolve()).toMatchObject({
      maxModelLen: 64,
      sampling: MODEL.sampling,
      stopping: { maxTokens: 16, stop: ["Human:"], stopTokenIds: [], ignoreEos: false, ignoreRepetition: false },
      tenant: "",
      priority: 0,
      maxQueueTimeMs: undefined,
      timeBudgetMs: undefined,
      logprobs: undefined,
    });
  });

  it("takes what is asked for, zeros too", () => {
    const asked = {
      sampling: { temperature: 0, topK: 0, minP: 0, seed: 0 },
      tenant: "t1",
      priority: -7,
      logprobs: 0,
      maxQueueTime: { seconds: 1, nanos: 5e8 },
    };
    expect(resolve(asked)).toMatchObject({
      sampling: { temperature: 0, topK: 0, minP: 0, seed: 0 },
      tenant: "t1",
      priority: -7,
      logprobs: 0,
      maxQueueTimeMs: 1500,
    });
  });

  it("adds the model's stop strings to those asked for, each once, unless they are not wanted", () => {
    expect(resolve({ stopping: { stop: ["x", "Human:"] } }).stopping.stop).toEqual(["x", "Human:"]);
    expect(resolve({ stopping: { stop: ["x"], ignoreModelStop: true } }).stopping.stop).toEqual(["x"]);
  });

  it("draws a seed where none is given", () => {
    const one = resolve();
    expect(Number.isInteger(one.sampling.seed) && one.sampling.seed >= 0 && one.sampling.seed < 2 ** 32).toBe(true);
  });
});

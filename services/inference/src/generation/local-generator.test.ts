import { describe, expect, it } from "vitest";
import type { GenerationEvent, GenerationRequest } from "../engine/generation.ts";
import { createByteTokenizer } from "../text/byte-tokenizer.fixture.ts";
import type { GenerationParameters } from "./generator.ts";
import type { InferenceEngine } from "./inference-engine.ts";
import { createLocalGenerator } from "./local-generator.ts";

const PARAMETERS: GenerationParameters = {
  maxModelLen: 64,
  cacheSalt: "team",
  sampling: {
    repetitionPenalty: 1,
    frequencyPenalty: 0,
    presencePenalty: 0,
    temperature: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    seed: 1,
  },
  stopping: { maxTokens: 8, stop: [], stopTokenIds: [], ignoreEos: false, ignoreRepetition: false },
  tenant: "",
  priority: 0,
  maxQueueTimeMs: undefined,
  timeBudgetMs: undefined,
  logprobs: undefined,
};

const EVENTS: readonly GenerationEvent[] = [
  { type: "started", queueTimeMs: 3, cachedTokens: 2 },
  {
    type: "delta",
    text: "x",
    tokenIds: [120],
    logprobs: [{ drawn: { tokenId: 120, logprob: -1 }, top: [{ tokenId: 257, logprob: -0.5 }] }],
  },
  {
    type: "finished",
    reason: "eos",
    matchedStop: "",
    textLength: 1,
    cachedTokens: 2,
    completionTokens: 2,
    timings: { queueMs: 3, prefillMs: 4, timeToFirstTokenMs: 7, decodeMs: 5 },
  },
];

/** A generator over an engine that tells `EVENTS` and keeps what it was asked. */
function start() {
  const asked: GenerationRequest[] = [];
  let clock = 0;
  const engine = {
    async *generate(request: GenerationRequest) {
      asked.push(request);
      yield* EVENTS;
    },
  } as unknown as InferenceEngine;
  // Each look at the clock is ten milliseconds later.
  const now = () => {
    clock += 10;
    return clock;
  };
  return { asked, generator: createLocalGenerator({ tokenizer: createByteTokenizer(), engine, now }) };
}

const segment = (text: string, droppable = false) => ({ text, droppable, literal: true });
async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

const never = () => new AbortController().signal;

describe("LocalGenerator", () => {
  it("gives the engine tokens, and its caller text", async () => {
    const { generator, asked } = start();
    const segments = [segment("o".repeat(60), true), segment("Hi")];
    const events = await collect(generator.generate(segments, PARAMETERS, never()));
    expect(asked).toEqual([{ ...PARAMETERS, promptTokenIds: [256, 72, 105] }]);
    const promptUsage = { promptTokens: 3, cachedTokens: 2 };
    expect(events).toEqual([
      { type: "started", queueTimeMs: 3, ...promptUsage, droppedSegments: 1 },
      {
        type: "delta",
        text: "x",
        tokenIds: [120],
        logprobs: [
          { drawn: { tokenId: 120, logprob: -1, text: "x" }, top: [{ tokenId: 257, logprob: -0.5, text: "</s>" }] },
        ],
      },
      {
        type: "finished",
        reason: "eos",
        matchedStop: "",
        textLength: 1,
        usage: { ...promptUsage, completionTokens: 2 },
        timings: { queueMs: 3, prefillMs: 4, timeToFirstTokenMs: 17, decodeMs: 5 },
      },
    ]);
  });

  it("stops only at tokens the model has", async () => {
    const { generator, asked } = start();
    const stopping = { ...PARAMETERS.stopping, stopTokenIds: [257, 258] };
    const reply = collect(generator.generate([segment("Hi")], { ...PARAMETERS, stopping }, never()));
    const description = "is 258; must be 0 to 257";
    await expect(reply).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      details: { fieldViolations: [{ field: "stopping.stop_token_ids", description }] },
    });
    expect(asked).toEqual([]);
  });
});

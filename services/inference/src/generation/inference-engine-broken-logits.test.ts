import { describe, expect, it } from "vitest";
import { FakeBlocks } from "../engine/fake-blocks.fixture.ts";
import { FakeModelRunner, type FakeModelRunnerOptions } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, type FakeRequestOptions, fakeRequest } from "../engine/fake-requests.fixture.ts";
import type { StepPlan } from "../engine/step-plan.ts";
import { InferenceEngine } from "./inference-engine.ts";

const VOCABULARY = 128;
const BLOCK_TOKENS = 4;

/** An engine with a prefix cache whose logits `spoil` may break, and what its observer counts as failed passes. */
function start(spoil: FakeModelRunnerOptions["spoil"] & {}, options: FakeModelRunnerOptions = {}) {
  const prefixCache = new FakeBlocks(BLOCK_TOKENS, 100);
  const runner = new FakeModelRunner({ vocabSize: VOCABULARY, next: () => 97, prefixCache, spoil, ...options });
  const counts = { failedPasses: 0 };
  const observer = {
    stepped: () => {},
    drafted: () => {},
    aborted: () => {},
    passFailed: () => void counts.failedPasses++,
  };
  const engine = new InferenceEngine({
    runner,
    model: characterModel,
    maxWaiting: 8,
    maxWaitingTokens: 1000,
    observer,
  });
  const generate = async ({ stopping, ...request }: FakeRequestOptions = {}) => {
    const events = engine.generate(
      fakeRequest({ stopping: { maxTokens: 4, ignoreRepetition: true, ...stopping }, ...request }),
      new AbortController().signal,
    );
    for await (const event of events) if (event.type === "finished") return event;
    throw new Error("no end");
  };
  return { engine, runner, prefixCache, counts, generate };
}

const broken = (message: string) => ({
  code: "ENGINE_FAILED",
  message: expect.stringContaining(message),
});
const isLastOf = ({ rows }: StepPlan, length: number) =>
  rows[0]!.numLogits > 0 && rows[0]!.numComputedTokens + rows[0]!.tokenIds.length === length;
const promptOf = (length: number, first: number) => [first, ...new Array<number>(length - 1).fill(1)];

describe("an engine whose logits are broken", () => {
  it("ends the one sequence whose row they are, and names what is broken", async () => {
    const { engine, generate, counts } = start(({ rows }, logits) => {
      if (rows.length === 2) logits[3] = Number.NaN;
    });
    const replies = await Promise.allSettled([1, 2].map((first) => generate({ promptTokenIds: [first] })));
    expect(replies).toMatchObject([
      { reason: broken("logit of token 3 is NaN") },
      { status: "fulfilled", value: { completionTokens: 4 } },
    ]);
    expect([engine.health, engine.load().running, counts.failedPasses]).toEqual(["works", 0, 0]);
  });

  it.each([
    [Number.NaN, "logit of token 0 is NaN"],
    [Number.POSITIVE_INFINITY, "logit of token 0 is Infinity"],
    [Number.NEGATIVE_INFINITY, "all logits of a row are -Infinity"],
  ])("counts a pass in which all are %d as one that failed", async (value, message) => {
    const state = { isBroken: true };
    const { engine, generate, counts } = start((_, logits) => state.isBroken && logits.fill(value));
    for (let i = 0; i < 2; i++) await expect(generate()).rejects.toMatchObject(broken(message));
    expect([engine.health, counts.failedPasses]).toEqual(["untried", 2]);
    state.isBroken = false;
    await generate();
    expect(engine.health).toBe("works");
    state.isBroken = true;
    await expect(generate()).rejects.toMatchObject(broken(message));
    expect(engine.health).toBe("works");
  });

  it("gives up after three such passes, whatever it copies and computes between them that yields no logits", async () => {
    const { engine, generate, counts, runner } = start((_, logits) => logits.fill(Number.NaN), { maxModelLen: 512 });
    const long = { promptTokenIds: promptOf(300, 5) };
    for (let i = 0; i < 3; i++) {
      expect(engine.health).toBe("untried");
      await expect(generate(long)).rejects.toMatchObject(broken("NaN"));
    }
    expect([engine.health, counts.failedPasses]).toEqual(["failed", 3]);
    expect(runner.plans.some(({ rows }) => rows[0]?.numLogits === 0)).toBe(true);
    await expect(generate(long)).rejects.toMatchObject({ code: "ENGINE_FAILED" });
  });

  it("ends all that wait once it gives up", async () => {
    const { engine, generate } = start((_, logits) => logits.fill(Number.NaN), { maxNumSeqs: 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => generate()));
    expect(outcomes).toEqual(
      Array(6).fill({ status: "rejected", reason: expect.objectContaining({ code: "ENGINE_FAILED" }) }),
    );
    expect(engine.load()).toMatchObject({ running: 0, waiting: 0 });
  });

  it("lets others go on whose rows were not in such a pass", async () => {
    const { generate, counts } = start((plan, logits) => isLastOf(plan, 50) && logits.fill(Number.NaN));
    const long = generate({ stopping: { maxTokens: 40 } });
    await expect(generate({ promptTokenIds: promptOf(50, 5) })).rejects.toMatchObject(broken("NaN"));
    expect(await long).toMatchObject({ completionTokens: 40 });
    expect(counts.failedPasses).toBe(1);
  });

  it("uses nothing again that the sequence wrote, in its row and in blocks, before and in that pass", async () => {
    const state = { isBroken: true };
    const { generate, prefixCache } = start((plan, logits) => {
      if (state.isBroken && isLastOf(plan, 34)) logits.fill(Number.NaN);
    });
    // Others that begin alike: one before, one beside it.
    await generate({ promptTokenIds: promptOf(20, 5) });
    const long = { promptTokenIds: promptOf(30, 5), stopping: { maxTokens: 9 } };
    await expect(generate(long)).rejects.toMatchObject(broken("NaN"));
    expect(prefixCache.size).toBe(0);
    state.isBroken = false;
    expect(await generate(long)).toMatchObject({ cachedTokens: 0 });
    expect(await generate(long)).toMatchObject({ cachedTokens: 28 });
  });
});

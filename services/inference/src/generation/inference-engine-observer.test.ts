import { describe, expect, it } from "vitest";
import { FakeModelRunner, type FakeModelRunnerOptions } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, fakeRequest } from "../engine/fake-requests.fixture.ts";
import type { StepPlan } from "../engine/step-plan.ts";
import { InferenceEngine } from "./inference-engine.ts";

/** An engine on a clock that its passes move on, by ten milliseconds each after a wait for the device, and what it tells. */
function start({ beforeRun, ...options }: FakeModelRunnerOptions = {}, waitMs = 0) {
  const told: string[] = [];
  let clock = 0;
  const runner = new FakeModelRunner({
    next: () => 97,
    ...options,
    beforeStart: () => {
      clock += waitMs;
    },
    beforeRun: (plan) => {
      clock += 10;
      return beforeRun?.(plan);
    },
  });
  const engine = new InferenceEngine({
    runner,
    model: characterModel,
    maxWaiting: 8,
    maxWaitingTokens: 1000,
    promptLookup: true,
    now: () => clock,
    observer: {
      stepped: (rows, passMs) => told.push(`${rows.length} in ${passMs} ms`),
      drafted: (numDrafts, numAccepted) => told.push(`${numAccepted} of ${numDrafts} came true`),
      passFailed: () => told.push("pass failed"),
      aborted: () => told.push("aborted"),
    },
  });
  const generate = async (maxTokens: number) => {
    const request = fakeRequest({ stopping: { maxTokens } });
    for await (const event of engine.generate(request, new AbortController().signal))
      if (event.type === "finished") break;
  };
  return { told, engine, generate };
}

describe("an engine's observer", () => {
  it("hears of each step, its sequences and the time of its pass", async () => {
    const { told, generate } = start();
    await Promise.all([generate(2), generate(3)]);
    expect(told).toEqual(["1 in 10 ms", "1 in 10 ms", "2 in 10 ms", "1 in 10 ms"]);
  });

  it("hears of the sequences of a step, not of the row between them whose sequence has ended", async () => {
    const passes: StepPlan[] = [];
    const { told, generate } = start({ idleRowTokens: 0, beforeRun: (plan) => void passes.push(plan) });
    await Promise.all([generate(4), generate(2), generate(4)]);
    expect(passes.slice(-2).map(({ rows }) => rows.length)).toEqual([3, 3]);
    expect(told.slice(-2)).toEqual(["2 in 10 ms", "2 in 10 ms"]);
  });

  it("hears of a pass's own time, not of the wait for a device that another model has", async () => {
    const { told, generate } = start({}, 1_000);
    await generate(2);
    expect(told).toEqual(["1 in 10 ms", "1 in 10 ms"]);
  });

  it("hears of drafts of a reply that runs alone", async () => {
    const { told, generate } = start();
    await generate(6);
    expect(told).toContain("1 of 1 came true");
  });

  it("hears of passes that fail, and of requests that leave before their end", async () => {
    const { told, generate } = start({ beforeRun: () => Promise.reject(new Error("no memory")) });
    await expect(generate(2)).rejects.toThrow();
    expect(told).toEqual(["pass failed", "aborted"]);
  });
});

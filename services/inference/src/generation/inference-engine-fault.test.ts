import { describe, expect, it } from "vitest";
import { FakeBlocks } from "../engine/fake-blocks.fixture.ts";
import { FakeModelRunner } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, fakeRequest } from "../engine/fake-requests.fixture.ts";
import { InferenceEngine } from "./inference-engine.ts";
import type { InferenceEngineOptions } from "./inference-engine-options.ts";

/** Blocks that the scheduler cannot look up. */
class BrokenBlocks extends FakeBlocks {
  override has(): boolean {
    throw new RangeError("no such block");
  }
}

const stepped = () => {
  throw new RangeError("no such counter");
};
const FAULTS: readonly (readonly [string, FakeBlocks | undefined, InferenceEngineOptions["observer"]])[] = [
  ["as it plans a pass", new BrokenBlocks(1, 8), undefined],
  [
    "as it takes what a pass yielded",
    undefined,
    { stepped, drafted: () => {}, passFailed: () => {}, aborted: () => {} },
  ],
];

describe("an engine with a fault of its own", () => {
  it.each(FAULTS)("%s ends every request, takes no more and can be closed", async (_, prefixCache, observer) => {
    const runner = new FakeModelRunner({ next: () => 97, maxNumSeqs: 1, ...(prefixCache ? { prefixCache } : {}) });
    const limits = { maxWaiting: 8, maxWaitingTokens: 1000 };
    const engine = new InferenceEngine({
      runner,
      model: characterModel,
      ...limits,
      ...(observer ? { observer } : {}),
    });
    const generate = async () => {
      for await (const event of engine.generate(fakeRequest(), new AbortController().signal)) void event;
    };
    const outcomes = await Promise.allSettled([generate(), generate()]);
    const reason = { code: "ENGINE_FAILED", cause: expect.any(RangeError), message: expect.stringContaining("fault") };
    expect(outcomes).toEqual(Array(2).fill({ status: "rejected", reason: expect.objectContaining(reason) }));
    expect(engine.health).toBe("failed");
    await expect(generate()).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    expect(runner.plans.length).toBeLessThan(2);
    await engine.close();
    expect(runner.isClosed).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { FakeModelRunner } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, fakeRequest } from "../engine/fake-requests.fixture.ts";
import { InferenceEngine } from "./inference-engine.ts";

/** An engine whose passes fail as long as `isFailing` is set. */
function start({ maxNumSeqs = 4 } = {}) {
  const state = { isFailing: true, passes: 0 };
  const beforeRun = () => {
    state.passes++;
    if (state.isFailing) throw new Error("device lost");
  };
  const runner = new FakeModelRunner({ next: () => 97, maxNumSeqs, beforeRun });
  const engine = new InferenceEngine({ runner, model: characterModel, maxWaiting: 8, maxWaitingTokens: 1000 });
  const generate = async () => {
    const request = fakeRequest({ stopping: { maxTokens: 2 } });
    for await (const event of engine.generate(request, new AbortController().signal))
      if (event.type === "finished") break;
  };
  return { state, engine, generate };
}

const failed = { code: "ENGINE_FAILED", cause: expect.objectContaining({ message: "device lost" }) };

describe("an engine whose passes fail", () => {
  it("fails with an error that may be tried again, and works again", async () => {
    const { state, engine, generate } = start();
    expect(engine.health).toBe("untried");
    await expect(generate()).rejects.toMatchObject(failed);
    await expect(generate()).rejects.toMatchObject(failed);
    expect(engine.health).toBe("untried");
    state.isFailing = false;
    await generate();
    expect(engine.health).toBe("works");
    state.isFailing = true;
    await expect(generate()).rejects.toMatchObject(failed);
    expect(engine.health).toBe("works");
  });

  it("gives up after three in a row: ends all that wait, takes no more and computes nothing", async () => {
    const { state, engine, generate } = start({ maxNumSeqs: 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, generate));
    expect(outcomes).toEqual(Array(6).fill({ status: "rejected", reason: expect.objectContaining(failed) }));
    expect(engine.health).toBe("failed");
    expect(engine.load()).toMatchObject({ running: 0, waiting: 0 });
    state.isFailing = false;
    await expect(generate()).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    expect(state.passes).toBe(3);
  });
});

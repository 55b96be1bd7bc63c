import { describe, expect, it } from "vitest";
import { FakeModelRunner } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, fakeRequest } from "../engine/fake-requests.fixture.ts";
import { createGate } from "../gate.fixture.ts";
import { DeviceMutex } from "../runtime/device-mutex.ts";
import { InferenceEngine } from "./inference-engine.ts";

describe("an engine that shares its device with a model that is being loaded", () => {
  it("closes before the load is over, and its pass is never done", async () => {
    const mutex = new DeviceMutex();
    const runner = new FakeModelRunner({ next: () => 97, runExclusive: mutex.runExclusive.bind(mutex) });
    let numFailed = 0;
    const engine = new InferenceEngine({
      runner,
      model: characterModel,
      maxWaiting: 8,
      maxWaitingTokens: 1000,
      observer: { stepped: () => {}, drafted: () => {}, passFailed: () => void numFailed++, aborted: () => {} },
    });
    const generate = async () => {
      for await (const _ of engine.generate(fakeRequest({ stopping: { maxTokens: 2 } }), new AbortController().signal));
    };
    const { opened, open: endLoad } = createGate();
    const load = mutex.runExclusive(() => opened);
    const reply = generate();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const closed = engine.close();
    await expect(reply).rejects.toMatchObject({ code: "DRAINING" });
    await closed;
    expect(runner.isClosed).toBe(true);
    endLoad();
    await load;
    expect(runner.plans).toEqual([]);
    expect({ numFailed, health: engine.health }).toEqual({ numFailed: 0, health: "untried" });
  });
});

import { expect, it } from "vitest";
import { FakeModelRunner } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, EOS, fakeRequest } from "../engine/fake-requests.fixture.ts";
import { createGate } from "../gate.fixture.ts";
import { InferenceEngine } from "./inference-engine.ts";

it("an engine takes a request that comes in the very moment it runs out of work", async () => {
  const onLookForWork: (() => void)[] = [];
  const engine = new InferenceEngine({
    runner: new FakeModelRunner({ next: () => EOS }),
    model: characterModel,
    maxWaiting: 8,
    maxWaitingTokens: 1000,
    // It asks for the time when it looks for work, and finds none once nothing runs.
    now: () => {
      if (engine.load().running === 0 && engine.load().waiting === 0) onLookForWork.splice(0).forEach(queueMicrotask);
      return 0;
    },
  });
  const generate = async () => {
    const reasons: string[] = [];
    for await (const event of engine.generate(fakeRequest(), new AbortController().signal))
      if (event.type === "finished") reasons.push(event.reason);
    return reasons;
  };

  void generate();
  const second = new Promise((resolve) => {
    onLookForWork.push(() => resolve(generate()));
  });

  expect(await second).toEqual(["eos"]);
});

it("an engine has the place of one that waited and hung up at once, in the middle of a pass", async () => {
  const { opened, open } = createGate();
  const runner = new FakeModelRunner({ next: () => EOS, maxNumSeqs: 1, beforeRun: () => opened });
  const engine = new InferenceEngine({ runner, model: characterModel, maxWaiting: 1, maxWaitingTokens: 1000 });
  const generate = async (signal = new AbortController().signal) => {
    for await (const event of engine.generate(fakeRequest(), signal))
      if (event.type === "finished") return event.reason;
    return undefined;
  };
  const running = generate();
  await new Promise(setImmediate);
  const hangUp = new AbortController();
  const waiting = generate(hangUp.signal);
  hangUp.abort("hung up");
  await expect(waiting).rejects.toBe("hung up");
  const next = generate();
  open();
  expect(await Promise.all([running, next])).toEqual(["eos", "eos"]);
});

it("an engine makes what a reply's text needs once the request has its row, and never for one that is refused", async () => {
  const { opened, open } = createGate();
  let numDecoders = 0;
  const createDecoder = () => {
    numDecoders++;
    return characterModel.createDecoder();
  };
  const runner = new FakeModelRunner({ next: () => EOS, maxNumSeqs: 1, beforeRun: () => opened });
  const model = { ...characterModel, createDecoder };
  const engine = new InferenceEngine({ runner, model, maxWaiting: 1, maxWaitingTokens: 1000 });
  const generate = async () => {
    for await (const event of engine.generate(fakeRequest(), new AbortController().signal)) void event;
  };
  const [running, waiting] = [generate(), generate()];
  await new Promise(setImmediate);
  await expect(generate()).rejects.toMatchObject({ code: "QUEUE_FULL" });
  expect(numDecoders).toBe(1);
  open();
  await Promise.all([running, waiting]);
  expect(numDecoders).toBe(2);
});

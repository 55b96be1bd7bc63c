import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fakeRequest } from "../engine/fake-requests.fixture.ts";
import { loadTokenizer } from "../model-folder/load-tokenizer.ts";
import { BlockStore } from "../runtime/block-store.ts";
import { DeviceMutex } from "../runtime/device-mutex.ts";
import { loadOnnxModelRunner, type OnnxModelRunner } from "../runtime/onnx-model-runner.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { abortDuring, BLOCK_COPY, DRAFT_CHECK, type Moment, PREFILL_CHUNK } from "./abort-in-flight.fixture.ts";
import { engineModel } from "./engine-model.ts";
import { InferenceEngine } from "./inference-engine.ts";

const folder = fileURLToPath(new URL("../../../../models/smollm2-135m", import.meta.url));
const FACTS =
  "Alpacas live in herds in the Andes of southern Peru, western Bolivia, Ecuador and northern Chile. ".repeat(12);
const LONG = `<|im_start|>system\n${FACTS}<|im_end|>\n<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n`;
const LOOP = "one two three four five six seven eight. ".repeat(6);

describe.skipIf(!existsSync(folder))("an abort with models/smollm2-135m (skipped where it is absent)", () => {
  const mutex = new DeviceMutex();
  let tokenizer: Tokenizer;
  let runner: OnnxModelRunner;
  let engine: InferenceEngine;
  /** By prompt, what an engine says that did nothing before. */
  const expected = new Map<string, readonly number[]>();

  const start = async (store?: BlockStore) => {
    const loaded = await loadOnnxModelRunner({
      graphFile: `${folder}/model.onnx`,
      maxNumSeqs: 1,
      maxModelLen: 512,
      device: "cpu",
      mutex,
      blocks: store && { store, revision: "smollm2" },
    });
    let clock = 0;
    const options = { model: engineModel(tokenizer), maxWaiting: 8, maxWaitingTokens: 9999, now: () => clock++ };
    return { runner: loaded, engine: new InferenceEngine({ runner: loaded, promptLookup: true, ...options }) };
  };

  /** The reply's tokens, greedily drawn. */
  const ask = async (asked: InferenceEngine, prompt: string, signal = new AbortController().signal) => {
    const stopping = { maxTokens: 12, ignoreRepetition: true };
    const request = fakeRequest({ promptTokenIds: tokenizer.encode(prompt), stopping });
    const tokenIds: number[] = [];
    for await (const event of asked.generate(request, signal))
      if (event.type === "delta") tokenIds.push(...event.tokenIds);
    return tokenIds;
  };

  beforeAll(async () => {
    tokenizer = await loadTokenizer(folder);
    for (const prompt of [LONG, LOOP]) {
      const fresh = await start();
      expected.set(prompt, await ask(fresh.engine, prompt));
      await fresh.engine.close();
    }
    ({ runner, engine } = await start(new BlockStore(2 ** 28)));
  });
  afterAll(() => engine.close());

  const idle = async () => {
    while (engine.load().running > 0) await new Promise(setImmediate);
    await mutex.runExclusive(async () => undefined);
  };

  it.each<[string, Moment, "computing" | "copying", string]>([
    ["a chunk of a prompt is computed", PREFILL_CHUNK, "computing", LONG],
    ["drafts are checked", DRAFT_CHECK, "computing", LOOP],
    ["blocks are copied into a row", BLOCK_COPY, "copying", LONG],
  ])(
    "while %s leaves the engine empty, the device free and the next reply as ever",
    async (_, moment, seen, prompt) => {
      if (moment === BLOCK_COPY) await ask(engine, LOOP); // takes the one row, so that the prompt is in blocks alone
      const controller = new AbortController();
      const at = abortDuring(runner, moment, () => controller.abort(new Error("hung up")));
      await expect(ask(engine, prompt, controller.signal)).rejects.toThrow("hung up");
      expect(at()).toBe(seen);
      await idle();
      expect(engine.load()).toMatchObject({ running: 0, waiting: 0, kvCacheUsage: 0 });
      expect(await ask(engine, prompt)).toEqual(expected.get(prompt));
    },
  );
});

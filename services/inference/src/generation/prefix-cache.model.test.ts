import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { TokenLogprobs } from "../engine/generation.ts";
import { loadTokenizer } from "../model-folder/load-tokenizer.ts";
import { BlockStore } from "../runtime/block-store.ts";
import { loadOnnxModelRunner } from "../runtime/onnx-model-runner.ts";
import { engineModel } from "./engine-model.ts";
import type { GenerationParameters, GeneratorEvent } from "./generator.ts";
import { InferenceEngine } from "./inference-engine.ts";
import { createLocalGenerator } from "./local-generator.ts";

const folder = fileURLToPath(new URL("../../../../models/smollm2-135m", import.meta.url));
const MIB = 2 ** 20;
/** Of log-probabilities, as activations are rounded to int8: a last bit in another kernel may flip a rounding. */
const TOLERANCE = 0.3;

const PARAMETERS: GenerationParameters = {
  maxModelLen: 1024,
  tenant: "",
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
  stopping: { maxTokens: 24, stop: [], stopTokenIds: [], ignoreEos: false, ignoreRepetition: true },
  priority: 0,
  maxQueueTimeMs: undefined,
  timeBudgetMs: undefined,
  logprobs: 20,
};

const turn = (role: string, text: string) => `<|im_start|>${role}\n${text}<|im_end|>\n`;
const FACTS =
  "Alpacas live in herds in the Andes of southern Peru, western Bolivia, Ecuador and northern Chile. ".repeat(6);
const FIRST = turn("system", `You are a helpful assistant. ${FACTS}`) + turn("user", "What is the capital of France?");
const ANSWER = "<|im_start|>assistant\n";

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((generator) => generator.close())));

async function start(store?: BlockStore) {
  const runner = await loadOnnxModelRunner({
    graphFile: `${folder}/model.onnx`,
    maxNumSeqs: 2,
    maxModelLen: 1024,
    device: "cpu",
    blocks: store && { store, revision: "smollm2" },
  });
  const tokenizer = loadTokenizer(folder);
  const engine = new InferenceEngine({
    runner,
    model: engineModel(tokenizer),
    maxWaiting: 8,
    maxWaitingTokens: 9999,
  });
  const generator = createLocalGenerator({ tokenizer, engine });
  open.push(generator);
  return async (prompt: string) => {
    const segments = [{ text: prompt, droppable: false, literal: false }];
    const events: GeneratorEvent[] = [];
    for await (const event of generator.generate(segments, PARAMETERS, new AbortController().signal))
      events.push(event);
    return summary(events);
  };
}

function summary(events: readonly GeneratorEvent[]) {
  const deltas = events.flatMap((event) => (event.type === "delta" ? [event] : []));
  const tokenIds = deltas.flatMap((delta) => delta.tokenIds);
  const logprobs = deltas.flatMap((delta) => delta.logprobs);
  const started = events[0]!;
  if (started.type !== "started") throw new Error("no start");
  const { promptTokens, cachedTokens } = started;
  return { text: deltas.map(({ text }) => text).join(""), tokenIds, logprobs, promptTokens, cachedTokens };
}

/** How far apart the log-probabilities are of tokens that are likely in both, on the mean of each position: the largest. */
function distance(left: readonly TokenLogprobs[], right: readonly TokenLogprobs[]): number {
  const means = left.map(({ top }, i) => {
    const known = new Map(right[i]!.top.map(({ tokenId, logprob }) => [tokenId, logprob]));
    const both = top.filter(({ tokenId }) => known.has(tokenId));
    expect(both.length).toBeGreaterThan(10);
    return both.reduce((sum, { tokenId, logprob }) => sum + Math.abs(logprob - known.get(tokenId)!), 0) / both.length;
  });
  return Math.max(...means);
}

describe.skipIf(!existsSync(folder))("the prefix cache with models/smollm2-135m (skipped where it is absent)", () => {
  it("gives the same tokens and nearly the same logits off, cold, warm in a row and warm from the store", async () => {
    const store = new BlockStore(256 * MIB);
    const [off, cached] = [await start(), await start(store)];
    const first = await off(FIRST + ANSWER);
    expect(first.text).toContain("Paris");
    const second = `${FIRST}${ANSWER}${first.text}<|im_end|>\n${turn("user", "And of Italy?")}${ANSWER}`;
    const expected = [first, await off(second)];
    const cold = await cached(FIRST + ANSWER);
    const inRow = await cached(second);
    for (const other of ["Tell me of the sea. ", "Count to ten. "])
      await cached(turn("user", other.repeat(40)) + ANSWER);
    const fromStore = [await cached(FIRST + ANSWER), await cached(second)];
    for (const [i, reply] of [cold, inRow, ...fromStore].entries()) {
      const same = expected[i % 2]!;
      expect(reply.tokenIds).toEqual(same.tokenIds);
      expect(distance(reply.logprobs, same.logprobs)).toBeLessThan(TOLERANCE);
    }
    expect(expected.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 0]);
    expect([cold.cachedTokens, fromStore[0]!.cachedTokens]).toEqual([0, Math.floor((cold.promptTokens - 1) / 32) * 32]);
    expect(inRow.cachedTokens).toBeGreaterThan(cold.promptTokens);
    expect(store.usedBytes).toBeLessThanOrEqual(256 * MIB);
  });
});

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { characterModel, fakeRequest } from "../engine/fake-requests.fixture.ts";
import type { GenerationEvent } from "../engine/generation.ts";
import { BlockStore } from "../runtime/block-store.ts";
import { loadOnnxModelRunner } from "../runtime/onnx-model-runner.ts";
import { TINY_MAX_MODEL_LEN, TINY_VOCAB_SIZE, tinyFile } from "../runtime/stock-decoder.fixture.ts";
import { abortDuring, BLOCK_COPY } from "./abort-in-flight.fixture.ts";
import { InferenceEngine } from "./inference-engine.ts";

const MIB = 2 ** 20;
/** Layers, keys and values, heads, positions, width, float32. */
const BLOCK_BYTES = 2 * 2 * 2 * 32 * 16 * 4;

const open: InferenceEngine[] = [];
afterEach(() => Promise.all(open.splice(0).map((engine) => engine.close())));

interface SetupOptions {
  /** Undefined for no prefix cache. */
  readonly store?: BlockStore;
  readonly maxNumSeqs?: number;
}

/** An engine over a real graph with two layers. */
async function setup({ store, maxNumSeqs = 2 }: SetupOptions = {}) {
  const runner = await loadOnnxModelRunner({
    graphFile: tinyFile("own"),
    maxNumSeqs,
    maxModelLen: TINY_MAX_MODEL_LEN,
    device: "cpu",
    blocks: store && { store, revision: "tiny" },
  });
  const engine = new InferenceEngine({ runner, model: characterModel, maxWaiting: 8, maxWaitingTokens: 1000 });
  open.push(engine);
  return { engine, runner };
}

interface AskOptions {
  readonly maxTokens?: number;
  readonly cacheSalt?: string;
  readonly signal?: AbortSignal;
}

/** Tokens that follow a prompt, and how many of the prompt's were not computed. */
async function ask(
  engine: InferenceEngine,
  promptTokenIds: readonly number[],
  { maxTokens = 6, cacheSalt = "", signal = new AbortController().signal }: AskOptions = {},
) {
  const stopping = { maxTokens, ignoreEos: true, ignoreRepetition: true };
  const events: GenerationEvent[] = [];
  for await (const event of engine.generate(fakeRequest({ promptTokenIds, cacheSalt, stopping }), signal))
    events.push(event);
  const [started, finished] = [events[0]!, events.at(-1)!];
  if (started.type !== "started" || finished.type !== "finished") throw new Error("the reply is not whole");
  expect(finished.cachedTokens).toBe(started.cachedTokens);
  const tokenIds = events.flatMap((event) => (event.type === "delta" ? event.tokenIds : []));
  return { tokenIds, cachedTokens: started.cachedTokens };
}

/** The engine copies what is left to copy once it has nothing else to do. */
async function settled(store: BlockStore, numBlocks: number): Promise<void> {
  for (let turn = 0; store.usedBytes < numBlocks * BLOCK_BYTES; turn++) {
    if (turn > 10_000) throw new Error(`${store.usedBytes} bytes are kept, not ${numBlocks} blocks`);
    await new Promise(setImmediate);
  }
}

const prompt = (length: number, seed = 1) =>
  Array.from({ length }, (_, i) => (i * 7 + seed * 29 + 3) % TINY_VOCAB_SIZE);
const cold = async (tokenIds: readonly number[], options: AskOptions = {}) =>
  (await ask((await setup()).engine, tokenIds, options)).tokenIds;

describe("the prefix cache", () => {
  it("gives the same tokens off, cold, warm in its row and warm from the store", async () => {
    const store = new BlockStore(MIB);
    const { engine } = await setup({ store });
    const tokenIds = prompt(50);
    const expected = await cold(tokenIds);
    expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 0 });
    expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 48 });
    await settled(store, 1);
    for (const other of [2, 3]) await ask(engine, prompt(20, other));
    // Its row is another's now; of its second block only a part was computed.
    expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 32 });
  });

  it("computes all anew where there is none", async () => {
    const { engine } = await setup();
    const tokenIds = prompt(50);
    const first = await ask(engine, tokenIds);
    expect(await ask(engine, tokenIds)).toEqual({ ...first, cachedTokens: 0 });
  });

  it("goes on with a conversation where it ended, its reply among what is known", async () => {
    const { engine } = await setup({ store: new BlockStore(MIB) });
    const first = prompt(20);
    const reply = await ask(engine, first, { maxTokens: 8 });
    const next = [...first, ...reply.tokenIds, ...prompt(5, 4)];
    // The reply's last token was drawn and not computed.
    expect(await ask(engine, next)).toEqual({ tokenIds: await cold(next), cachedTokens: 27 });
  });

  it("finds nothing under another salt, in rows and in the store, up to 128 bytes long", async () => {
    const store = new BlockStore(MIB);
    const { engine } = await setup({ store, maxNumSeqs: 1 });
    const tokenIds = prompt(50);
    const expected = await cold(tokenIds);
    const salts = ["", "a", "x".repeat(128), `${"x".repeat(127)}y`];
    for (const [i, cacheSalt] of salts.entries()) {
      expect(await ask(engine, tokenIds, { cacheSalt })).toEqual({ tokenIds: expected, cachedTokens: 0 });
      await settled(store, i + 1);
    }
    for (const cacheSalt of salts)
      expect(await ask(engine, tokenIds, { cacheSalt })).toEqual({ tokenIds: expected, cachedTokens: 32 });
  });

  it("finds nothing of another model", async () => {
    const store = new BlockStore(MIB);
    const tokenIds = prompt(40);
    await ask((await setup({ store })).engine, tokenIds);
    await settled(store, 1);
    const runner = await loadOnnxModelRunner({
      graphFile: tinyFile("own"),
      maxNumSeqs: 2,
      maxModelLen: TINY_MAX_MODEL_LEN,
      device: "cpu",
      blocks: { store, revision: "other" },
    });
    const other = new InferenceEngine({ runner, model: characterModel, maxWaiting: 8, maxWaitingTokens: 1000 });
    open.push(other);
    expect((await ask(other, tokenIds)).cachedTokens).toBe(0);
  });

  it("is there after the model was unloaded and loaded again", async () => {
    const store = new BlockStore(MIB);
    const tokenIds = prompt(40);
    const before = await setup({ store });
    const expected = (await ask(before.engine, tokenIds)).tokenIds;
    await settled(store, 1);
    await before.engine.close();
    expect(await ask((await setup({ store })).engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 32 });
  });

  it.each([TINY_MAX_MODEL_LEN - 1, TINY_MAX_MODEL_LEN - 2])(
    "takes a prompt of %i tokens, cold and warm",
    async (length) => {
      const store = new BlockStore(MIB);
      const { engine } = await setup({ store });
      const tokenIds = prompt(length);
      const expected = await cold(tokenIds);
      expect(expected).toHaveLength(TINY_MAX_MODEL_LEN - length);
      expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 0 });
      expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: length - 2 });
      await settled(store, 1);
      for (const other of [2, 3]) await ask(engine, prompt(20, other));
      expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 32 });
    },
  );

  it("serves two requests with one prefix at once, from one row and from the store", async () => {
    const store = new BlockStore(MIB);
    const { engine } = await setup({ store, maxNumSeqs: 3 });
    const beginning = prompt(40);
    await ask(engine, beginning);
    await settled(store, 1);
    const both = [5, 6].map((seed) => [...beginning, ...prompt(4, seed)]);
    const replies = await Promise.all(both.map((tokenIds) => ask(engine, tokenIds)));
    expect(replies.map(({ tokenIds }) => tokenIds)).toEqual(await Promise.all(both.map((tokenIds) => cold(tokenIds))));
    expect(replies.map(({ cachedTokens }) => cachedTokens).toSorted()).toEqual([32, 40]);
  });

  it("knows of a beginning whose last block is half full the whole blocks alone, in a row all of it", async () => {
    const store = new BlockStore(MIB);
    const { engine } = await setup({ store });
    const beginning = prompt(48);
    await ask(engine, beginning, { maxTokens: 1 });
    await settled(store, 1);
    for (const [seed, cachedTokens] of [
      [5, 48],
      [6, 48],
    ] as const) {
      const tokenIds = [...beginning, ...prompt(4, seed)];
      expect(await ask(engine, tokenIds)).toEqual({ tokenIds: await cold(tokenIds), cachedTokens });
    }
    for (const other of [2, 3]) await ask(engine, prompt(20, other));
    const last = [...beginning, ...prompt(4, 7)];
    expect(await ask(engine, last)).toEqual({ tokenIds: await cold(last), cachedTokens: 32 });
  });

  it("keeps what was computed of a request that was aborted", async () => {
    const store = new BlockStore(MIB);
    const { engine } = await setup({ store });
    const tokenIds = prompt(50);
    const controller = new AbortController();
    const events = engine.generate(fakeRequest({ promptTokenIds: tokenIds }), controller.signal);
    for await (const event of events) if (event.type === "delta") break;
    expect(await ask(engine, tokenIds)).toEqual({ tokenIds: await cold(tokenIds), cachedTokens: 48 });
  });

  it("is whole after an abort during a copy", async () => {
    const store = new BlockStore(MIB);
    const { engine, runner } = await setup({ store });
    const tokenIds = prompt(50);
    const expected = (await ask(engine, tokenIds)).tokenIds;
    await settled(store, 1);
    for (const other of [2, 3]) await ask(engine, prompt(20, other));
    const controller = new AbortController();
    const at = abortDuring(runner, BLOCK_COPY, () => controller.abort(new Error("hung up")));
    await expect(ask(engine, tokenIds, { signal: controller.signal })).rejects.toThrow("hung up");
    expect(at()).toBe("copying");
    expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 48 });
  });

  it.each([0, BLOCK_BYTES - 1])("uses rows alone where the store has %i bytes", async (limitBytes) => {
    const store = new BlockStore(limitBytes);
    const { engine } = await setup({ store });
    const tokenIds = prompt(50);
    const expected = await cold(tokenIds);
    expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 0 });
    expect(await ask(engine, tokenIds)).toEqual({ tokenIds: expected, cachedTokens: 48 });
    expect(store.usedBytes).toBe(0);
  });

  it("holds no more than its bytes, and no row that is not in use counts as used", async () => {
    const store = new BlockStore(3 * BLOCK_BYTES + 5);
    const { engine } = await setup({ store });
    for (let seed = 0; seed < 8; seed++) await ask(engine, prompt(50, seed));
    await settled(store, 3);
    expect(store.usedBytes).toBe(3 * BLOCK_BYTES);
    expect(engine.load()).toMatchObject({ running: 0, kvCacheUsage: 0 });
  });

  it("gives every request its tokens, whoever begins alike, comes, goes and hangs up beside it", async () => {
    const [off, cached] = [
      await setup({ maxNumSeqs: 3 }),
      await setup({ store: new BlockStore(2 * BLOCK_BYTES), maxNumSeqs: 3 }),
    ];
    const request = fc.record({
      beginning: fc.integer({ min: 1, max: 2 }),
      length: fc.integer({ min: 0, max: 45 }),
      end: fc.integer({ min: 3, max: 9 }),
      cacheSalt: fc.constantFrom("a", "b"),
      hangsUpAfter: fc.option(fc.nat(3), { nil: undefined }),
    });
    const play = async (requests: readonly PlayedRequest[]) => {
      const replies = await Promise.all(requests.map((played) => hurried(cached.engine, played)));
      for (const [i, played] of requests.entries()) {
        const alone = (await ask(off.engine, promptOfPlayed(played))).tokenIds;
        expect(replies[i]).toEqual(alone.slice(0, replies[i]!.length));
        if (played.hangsUpAfter === undefined) expect(replies[i]).toHaveLength(alone.length);
      }
    };
    // The seed is fixed: two tokens may be as likely but for a last bit, and then either is right.
    await fc.assert(fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 8 }), play), {
      numRuns: 25,
      seed: 7,
    });
  });

  it("uses nothing again that a failed pass may have spoilt", async () => {
    const { engine, runner } = await setup({ store: new BlockStore(0) });
    const tokenIds = prompt(50);
    await ask(engine, tokenIds);
    const run = runner.run.bind(runner);
    runner.run = async () => Promise.reject(new Error("lost"));
    await expect(ask(engine, tokenIds)).rejects.toThrow("forward pass failed");
    runner.run = run;
    expect((await ask(engine, tokenIds)).cachedTokens).toBe(0);
  });
});

interface PlayedRequest {
  readonly beginning: number;
  readonly length: number;
  readonly end: number;
  readonly cacheSalt: string;
  /** Deltas that its caller takes; undefined for all. */
  readonly hangsUpAfter: number | undefined;
}

const promptOfPlayed = ({ beginning, length, end }: PlayedRequest) => [...prompt(length, beginning), ...prompt(4, end)];

/** The tokens of a reply up to where its caller leaves it. */
async function hurried(engine: InferenceEngine, played: PlayedRequest): Promise<readonly number[]> {
  const { hangsUpAfter = Number.POSITIVE_INFINITY, cacheSalt } = played;
  const stopping = { maxTokens: 6, ignoreEos: true, ignoreRepetition: true };
  const request = fakeRequest({ promptTokenIds: promptOfPlayed(played), cacheSalt, stopping });
  const tokenIds: number[] = [];
  for await (const event of engine.generate(request, new AbortController().signal)) {
    if (event.type === "started" && hangsUpAfter === 0) break;
    if (event.type === "delta" && tokenIds.push(...event.tokenIds) >= hangsUpAfter) break;
  }
  return tokenIds;
}

import { describe, expect, it } from "vitest";
import { FakeModelRunner, type FakeModelRunnerOptions } from "../engine/fake-model-runner.fixture.ts";
import { characterModel, EOS, type FakeRequestOptions, fakeRequest } from "../engine/fake-requests.fixture.ts";
import type { GenerationEvent } from "../engine/generation.ts";
import { createGate } from "../gate.fixture.ts";
import { InferenceEngine } from "./inference-engine.ts";
import type { InferenceEngineOptions } from "./inference-engine-options.ts";

type SetupOptions = Partial<Omit<InferenceEngineOptions, "runner">> & FakeModelRunnerOptions;

/** Says "abc…" until told to stop. */
const alphabet = (_prompt: readonly number[], reply: readonly number[]) => 97 + (reply.length % 26);

function setup({ maxWaiting = 8, maxWaitingTokens = 1000, ...options }: SetupOptions = {}) {
  const runner = new FakeModelRunner({ next: alphabet, ...options });
  const engine = new InferenceEngine({ model: characterModel, maxWaiting, maxWaitingTokens, ...options, runner });
  const generate = (request: FakeRequestOptions = {}, signal = new AbortController().signal) =>
    engine.generate(fakeRequest(request), signal);
  return { runner, engine, generate };
}

/** Passes of a runner wait at a gate: `open` lets those through that wait and all that come. */
function gate() {
  const { opened, open } = createGate();
  return { open, beforeRun: () => opened };
}

const textOf = (events: readonly GenerationEvent[]) =>
  events.map((event) => (event.type === "delta" ? event.text : "")).join("");

async function collect(stream: AsyncIterable<GenerationEvent>): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Some turns of the event loop. */
async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise(setImmediate);
}

/** Rows of each decode step: the fake requests' prompts have more than one token. */
const batchSizes = (runner: FakeModelRunner) =>
  runner.plans.filter(({ rows }) => rows.every(({ tokenIds }) => tokenIds.length === 1)).map(({ rows }) => rows.length);

const running = (engine: InferenceEngine) => engine.load().running;

describe("InferenceEngine", () => {
  it("tells one started, the deltas, one finished", async () => {
    let clock = 0;
    const { generate } = setup({ now: () => clock++ });
    expect(await collect(generate({ stopping: { maxTokens: 2 } }))).toEqual([
      { type: "started", queueTimeMs: 1, cachedTokens: 0 },
      { type: "delta", text: "a", tokenIds: [97], logprobs: [] },
      { type: "delta", text: "b", tokenIds: [98], logprobs: [] },
      {
        type: "finished",
        reason: "maxTokens",
        matchedStop: "",
        textLength: 2,
        cachedTokens: 0,
        completionTokens: 2,
        timings: { queueMs: 1, prefillMs: 2, timeToFirstTokenMs: 3, decodeMs: 3 },
      },
    ]);
  });

  it("runs what is there in one batch and lets it leave as it ends", async () => {
    const { generate, runner } = setup();
    const lengths = [2, 4, 3];
    const replies = await Promise.all(lengths.map((maxTokens) => collect(generate({ stopping: { maxTokens } }))));
    expect(replies.map(textOf)).toEqual(["ab", "abcd", "abc"]);
    expect(batchSizes(runner)).toEqual([3, 2, 1]);
  });

  it("gives a request the tokens it gets alone", async () => {
    const sampled = (seed: number) => ({ promptTokenIds: [seed, 5], sampling: { temperature: 1, seed } });
    const reply = async (engine: ReturnType<typeof setup>, seed: number) =>
      textOf(await collect(engine.generate(sampled(seed))));
    const options = { next: () => 97, vocabSize: 128 };
    const together = setup(options);
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const among = await Promise.all(seeds.map((seed) => reply(together, seed)));
    const alone = await Promise.all(seeds.map((seed) => reply(setup(options), seed)));
    expect(among).toEqual(alone);
    expect(new Set(among).size).toBeGreaterThan(1);
  });

  it("keeps all for a caller who is slow", async () => {
    const { generate } = setup();
    const stream = generate({ stopping: { maxTokens: 10 } })[Symbol.asyncIterator]();
    const first = await stream.next();
    await settle(40);
    const rest = await collect({ [Symbol.asyncIterator]: () => stream });
    expect([first.value.type, textOf(rest)]).toEqual(["started", "abcdefghij"]);
  });

  it("gives the event loop a turn at each step", async () => {
    const { generate } = setup();
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await collect(generate({ stopping: { maxTokens: 10 } }));
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it("does nothing while there is nothing to do", async () => {
    const { generate, runner } = setup();
    await collect(generate({ stopping: { maxTokens: 2 } }));
    const passes = runner.plans.length;
    await settle();
    expect(runner.plans.length).toBe(passes);
    expect(textOf(await collect(generate({ stopping: { maxTokens: 2 } })))).toBe("ab");
  });

  describe("the queue", () => {
    it("refuses at once, with a time to try again", async () => {
      const { generate, engine } = setup({ ...gate(), maxNumSeqs: 1, maxWaiting: 1 });
      const taken = [generate(), generate()].map((stream) => stream[Symbol.asyncIterator]().next());
      await taken[0];
      await expect(collect(generate())).rejects.toMatchObject({
        code: "QUEUE_FULL",
        message: expect.stringContaining("1 of at most 1, prompt tokens that wait 3 of at most 1000"),
        details: { retryDelayMs: expect.any(Number) },
      });
      expect(engine.load()).toMatchObject({ running: 1, waiting: 1, waitingTokens: 3 });
    });

    it("lets go of a request that waits too long", async () => {
      let clock = 0;
      const { generate } = setup({ maxNumSeqs: 1, now: () => clock++ });
      const first = collect(generate());
      await expect(collect(generate({ maxQueueTimeMs: 5 }))).rejects.toMatchObject({
        code: "QUEUE_TIMEOUT",
        message: expect.stringContaining("max_queue_time (5 ms)"),
      });
      expect(textOf(await first)).toHaveLength(16);
    });

    it.each([
      [0, "INVALID_ARGUMENT", "the prompt has no tokens"],
      [64, "PROMPT_TOO_LONG", "the prompt has 64 tokens; the context of 64"],
    ])("refuses a prompt of %i tokens", async (length, code, message) => {
      const { generate } = setup();
      await expect(collect(generate({ promptTokenIds: new Array(length).fill(1) }))).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
        details: { fieldViolations: [{ field: "prompt", description: expect.stringMatching(/^has /) }] },
      });
    });
  });

  describe("leaving", () => {
    it("frees the row before the next step when the signal aborts", async () => {
      const controller = new AbortController();
      const { generate, runner, engine } = setup();
      const reason = new Error("hung up");
      const other = collect(generate());
      const events: GenerationEvent[] = [];
      const leaving = async () => {
        for await (const event of generate({ stopping: { maxTokens: 60 } }, controller.signal)) {
          events.push(event);
          if (textOf(events) === "abc") controller.abort(reason);
        }
      };
      await expect(leaving()).rejects.toBe(reason);
      // The pass in flight still has the row; those after it have one sequence.
      const decoded = batchSizes(runner).length;
      expect(running(engine)).toBe(2);
      await other;
      expect(new Set(batchSizes(runner).slice(decoded + 1))).toEqual(new Set([1]));
      expect(running(engine)).toBe(0);
    });

    it("frees the row when the caller leaves the loop", async () => {
      const { generate, engine, runner } = setup();
      for await (const event of generate()) if (event.type === "delta") break;
      await settle();
      expect(running(engine)).toBe(0);
      expect(runner.plans.length).toBeLessThan(5);
    });

    it("is quiet when the reply ends in the pass during which its caller leaves", async () => {
      const controller = new AbortController();
      const beforeRun = () => controller.abort(new Error("hung up"));
      const { generate, engine } = setup({ beforeRun, next: () => EOS });
      await expect(collect(generate({}, controller.signal))).rejects.toThrow("hung up");
      await settle();
      expect(running(engine)).toBe(0);
    });

    it("takes a request that waits out of the queue", async () => {
      const controller = new AbortController();
      const { generate, engine } = setup({ maxNumSeqs: 1 });
      const first = collect(generate());
      const second = collect(generate({}, controller.signal));
      controller.abort(new Error("never mind"));
      await expect(second).rejects.toThrow("never mind");
      await first;
      expect(engine.load()).toMatchObject({ running: 0, waiting: 0 });
    });

    it("does not begin when the signal is aborted already", async () => {
      const { generate, runner } = setup();
      await expect(collect(generate({}, AbortSignal.abort(new Error("too late"))))).rejects.toThrow("too late");
      await settle();
      expect(runner.plans).toEqual([]);
    });
  });

  describe("failure", () => {
    it("ends what runs when a pass fails, and goes on with what waits", async () => {
      let passes = 0;
      const cause = new Error("out of memory");
      const beforeRun = () => {
        if (++passes === 3) throw cause;
      };
      const { generate, engine } = setup({ beforeRun, maxNumSeqs: 1 });
      const [first, second] = [collect(generate()), collect(generate())];
      await expect(first).rejects.toMatchObject({ message: expect.stringContaining("forward pass failed"), cause });
      expect(textOf(await second)).toHaveLength(16);
      expect(running(engine)).toBe(0);
    });

    it("hands out what was written before the failure", async () => {
      let passes = 0;
      const beforeRun = () => {
        if (++passes === 3) throw new Error("lost");
      };
      const events: GenerationEvent[] = [];
      const read = async () => {
        for await (const event of setup({ beforeRun }).generate()) events.push(event);
      };
      await expect(read()).rejects.toThrow();
      expect(textOf(events)).toBe("ab");
    });
  });

  describe("close", () => {
    it("ends what runs and waits, then closes the runner, once", async () => {
      const door = gate();
      const { generate, engine, runner } = setup({ ...door, maxNumSeqs: 1 });
      const replies = [collect(generate()), collect(generate())];
      await settle();
      const closed = engine.close();
      for (const reply of replies) await expect(reply).rejects.toMatchObject({ code: "DRAINING" });
      expect(runner.isClosed).toBe(false);
      expect(engine.close()).toBe(closed);
      door.open();
      await closed;
      expect(runner.isClosed).toBe(true);
      await expect(collect(generate())).rejects.toMatchObject({ code: "DRAINING" });
    });
  });

  it("tells its load", async () => {
    const door = gate();
    const { generate, engine } = setup({ ...door, maxNumSeqs: 2, maxModelLen: 32 });
    const replies = [1, 2, 3].map(() => collect(generate({ promptTokenIds: [1, 2, 3, 4] })));
    await settle();
    expect(engine.load()).toMatchObject({ running: 2, waiting: 1, waitingTokens: 4, kvCacheUsage: 0 });
    door.open();
    await Promise.all(replies);
    const limits = { maxNumSeqs: 2, maxWaiting: 8 };
    expect(engine.load()).toEqual({
      ...limits,
      running: 0,
      waiting: 0,
      waitingTokens: 0,
      waitingTenants: 0,
      kvCacheUsage: 0,
    });
  });
});

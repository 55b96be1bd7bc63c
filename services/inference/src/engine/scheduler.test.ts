import { describe, expect, it } from "vitest";
import { FakeModelRunner, type NextToken } from "./fake-model-runner.fixture.ts";
import { FakePasses } from "./fake-passes.fixture.ts";
import { characterModel, type FakeRequestOptions, fakeRequest, tokensOf } from "./fake-requests.fixture.ts";
import { FixedPacer } from "./prefill/fixed-pacer.fixture.ts";
import { Scheduler, type SchedulerOptions, type SequenceUpdate } from "./scheduler.ts";
import { Sequence } from "./sequence.ts";

interface SetupOptions extends Partial<SchedulerOptions> {
  readonly next?: NextToken;
}

const forever: NextToken = (_prompt, reply) => 97 + (reply.length % 26);
/** Replies with as many letters as the prompt's first token says, then ends. */
const asTold: NextToken = (prompt, reply) => (reply.length < prompt[0]! ? 97 + reply.length : 0);

/** A scheduler over a fake model, driven a pass at a time. */
function setup({ next = forever, ...options }: SetupOptions = {}) {
  const { maxNumSeqs = 4 } = options;
  const runner = new FakeModelRunner({ vocabSize: 128, maxNumSeqs, maxModelLen: 64, next });
  const fakePasses = new FakePasses(runner);
  const kinds: string[] = [];
  const scheduler = new Scheduler({
    maxNumSeqs,
    maxWaiting: 8,
    maxWaitingTokens: 100,
    pacer: new FixedPacer(8),
    ...options,
  });

  function add(request: FakeRequestOptions, now = 0) {
    const sequence = new Sequence({ request: fakeRequest(request), model: characterModel, maxModelLen: 64, now });
    const refusals = scheduler.add(sequence);
    return { sequence, refusals, refusal: refusals.find((refusal) => refusal.sequence === sequence)?.message };
  }

  function step(now = 0): SequenceUpdate[] {
    const schedule = scheduler.schedule(now);
    if (schedule.plan === undefined) return [];
    const { plan, sequences } = schedule;
    const drawn = fakePasses.run(schedule);
    kinds.push(
      sequences[0]!.status === "prefill" ? `prefill ${plan.rows[0]!.tokenIds.length}` : `decode ${plan.rows.length}`,
    );
    return scheduler.update(schedule, drawn, { now, passMs: 0 });
  }

  /** The kinds of the next passes: a prefill by its tokens, a decode step by its rows. */
  function passes(count: number): string[] {
    const before = kinds.length;
    for (let i = 0; i < count; i++) step();
    return kinds.slice(before);
  }

  return { scheduler, runner, add, step, passes };
}

const promptOf = (length: number, first = 1) => [first, ...new Array(length - 1).fill(1)];

describe("Scheduler", () => {
  it("has nothing to do without sequences", () => {
    const { scheduler } = setup();
    expect(scheduler.schedule(0)).toEqual({ timedOut: [], admitted: [], plan: undefined, sequences: [] });
  });

  it("prefills a prompt, then decodes a token a step", () => {
    const { add, step, passes } = setup();
    add({ stopping: { maxTokens: 3 } });
    expect(step()).toMatchObject([{ tokens: [{ tokenId: 97 }], ended: undefined }]);
    expect(step()).toMatchObject([{ tokens: [{ tokenId: 98 }], ended: undefined }]);
    expect(step()).toMatchObject([{ tokens: [{ tokenId: 99 }], ended: "maxTokens" }]);
    expect(passes(1)).toEqual([]);
  });

  it("lets sequences join and leave at every step", () => {
    const { add, passes } = setup({ next: asTold });
    add({ promptTokenIds: promptOf(4, 3) });
    expect(passes(2)).toEqual(["prefill 4", "decode 1"]);
    add({ promptTokenIds: promptOf(4, 9) });
    expect(passes(5)).toEqual(["prefill 4", "decode 2", "decode 2", "decode 1", "decode 1"]);
  });

  it("prefills long prompts in chunks of like size with decode steps between", () => {
    const { add, passes } = setup();
    add({});
    expect(passes(2)).toEqual(["prefill 3", "decode 1"]);
    add({ promptTokenIds: promptOf(20) });
    expect(passes(6)).toEqual(["prefill 7", "decode 1", "prefill 7", "decode 1", "prefill 6", "decode 2"]);
  });

  it("computes a chunk's worth of short prompts between two decode steps, no more", () => {
    const { add, passes } = setup();
    for (let i = 0; i < 4; i++) add({ promptTokenIds: promptOf(3) });
    expect(passes(6)).toEqual(["prefill 3", "prefill 3", "decode 2", "prefill 3", "prefill 3", "decode 4"]);
  });

  it("moves the last row into the place of one that ended", () => {
    const { add, passes, runner } = setup({ next: asTold });
    for (const length of [9, 3, 9, 9]) add({ promptTokenIds: promptOf(2, length) });
    passes(4 + 3);
    expect(passes(1)).toEqual(["decode 3"]);
    expect(runner.plans.at(-1)?.moves).toEqual([{ from: 3, to: 1, length: 5 }]);
  });

  it("copies nothing when the last row ends or a new sequence takes the place", () => {
    const { add, passes, runner } = setup({ next: asTold });
    for (const length of [2, 9, 2]) add({ promptTokenIds: promptOf(2, length) });
    passes(4 + 1);
    add({ promptTokenIds: promptOf(2, 9) });
    expect(passes(2)).toEqual(["prefill 2", "decode 2"]);
    expect(runner.plans.flatMap(({ moves }) => moves)).toEqual([]);
  });

  it("moves the shorter end into a hole, which closes as many as lie between", () => {
    const { add, passes, runner } = setup({ next: asTold });
    for (const length of [9, 2]) add({ promptTokenIds: promptOf(2, length) });
    add({ promptTokenIds: promptOf(16, 9) });
    expect(passes(7)).toEqual(["prefill 2", "prefill 2", "decode 2", "prefill 8", "decode 2", "prefill 8", "decode 2"]);
    expect(runner.plans.flatMap(({ moves }) => moves)).toEqual([{ from: 0, to: 1, length: 4 }]);
  });

  it("lets a prompt of several chunks fill a hole", () => {
    const { add, passes, runner } = setup({ next: asTold });
    for (const length of [1, 9]) add({ promptTokenIds: promptOf(2, length) });
    expect(passes(3)).toEqual(["prefill 2", "prefill 2", "decode 2"]);
    add({ promptTokenIds: promptOf(16, 9) });
    passes(2);
    expect(runner.plans.at(-2)).toMatchObject({ rows: [{ row: 0 }], moves: [] });
    expect(runner.plans.at(-1)).toMatchObject({ rows: [{ row: 1 }], moves: [] });
  });

  it("lets a hole run idle until that has cost as much as the move", () => {
    const { add, passes, runner } = setup({ next: asTold, idleRowTokens: 2 });
    for (const length of [9, 3, 9]) add({ promptTokenIds: promptOf(2, length) });
    passes(3 + 3);
    // Row 1 has ended; the others have 5 positions, one more after each step.
    expect(passes(4)).toEqual(["decode 3", "decode 3", "decode 3", "decode 2"]);
    expect(runner.plans.slice(-4).map(({ moves }) => moves)).toEqual([[], [], [], [{ from: 2, to: 1, length: 8 }]]);
  });

  it("never moves what cannot be copied", () => {
    const { add, passes, runner } = setup({ next: asTold, idleRowTokens: 0 });
    for (const length of [9, 1, 9]) add({ promptTokenIds: promptOf(2, length) });
    passes(3 + 8);
    expect(runner.plans.flatMap(({ moves }) => moves)).toEqual([]);
  });

  it("gives a freed row to the next in line, lower priority value first", () => {
    const { add, step } = setup({ maxNumSeqs: 1, next: asTold });
    const order: number[] = [];
    add({ promptTokenIds: [1, 1] });
    add({ promptTokenIds: [1, 2] });
    add({ promptTokenIds: [1, 3], priority: -1 });
    add({ promptTokenIds: [1, 4] });
    for (let i = 0; i < 8; i++) {
      for (const { sequence, ended } of step()) if (ended) order.push(sequence.request.promptTokenIds[1]!);
    }
    expect(order).toEqual([3, 1, 2, 4]);
  });

  it("refuses a request more than may wait, beside those free rows will take", () => {
    const { add, scheduler, passes } = setup({ maxNumSeqs: 2, maxWaiting: 1 });
    expect([add({}), add({}), add({})].map(({ refusal }) => refusal)).toEqual([undefined, undefined, undefined]);
    expect(add({}).refusal).toMatch(
      /requests that wait for others to end 1 of at most 1, prompt tokens that wait 9 of at most \d+; this one has 3/,
    );
    passes(2);
    expect([scheduler.numRunning, scheduler.numWaiting, scheduler.numWaitingTokens]).toEqual([2, 1, 3]);
    expect(add({}).refusal).toBeDefined();
  });

  it("refuses prompt tokens more than may wait, but takes a long prompt alone", () => {
    const { add } = setup({ maxWaitingTokens: 10 });
    expect(add({ promptTokenIds: promptOf(20) }).refusal).toBeUndefined();
    expect(add({ promptTokenIds: [1] }).refusal).toMatch(/prompt tokens that wait 20 of at most 10; this one has 1/);
  });

  it("estimates when to try again from the queue and the pace of late", () => {
    const { add, scheduler, step } = setup({ maxNumSeqs: 1, next: asTold });
    expect(scheduler.retryDelayMs("")).toBe(100);
    add({ promptTokenIds: [2] });
    step(0);
    for (let i = 0; i < 3; i++) add({ promptTokenIds: [2] });
    expect(scheduler.retryDelayMs("")).toBe(6_000);
    step(7_000);
    step(12_000);
    expect(scheduler.retryDelayMs("")).toBe(3 * (2_000 + 0.2 * 10_000));
    step(1e9);
    expect(scheduler.retryDelayMs("")).toBeLessThanOrEqual(60_000);
  });

  it("lets go of one that has waited too long, and not of one that runs", () => {
    const { add, scheduler } = setup({ maxNumSeqs: 1 });
    add({ maxQueueTimeMs: 50 });
    const { sequence } = add({ maxQueueTimeMs: 50 });
    scheduler.update(scheduler.schedule(10), [[{ tokenId: 97, logprobs: undefined }]], { now: 20, passMs: 10 });
    expect(scheduler.schedule(49).timedOut).toEqual([]);
    expect(scheduler.schedule(50).timedOut).toEqual([sequence]);
    scheduler.abort(sequence);
    expect([scheduler.numRunning, scheduler.numWaiting]).toEqual([1, 0]);
  });

  it("ends a reply whose time is over, counted from its prefill", () => {
    const { add, step } = setup();
    add({ timeBudgetMs: 100 });
    step(1000);
    expect(step(1099)[0]?.ended).toBeUndefined();
    expect(step(1100)).toMatchObject([{ tokens: [{ tokenId: 99 }], ended: "timeBudget" }]);
  });

  it("ends a request whose time is over while its prompt is computed", () => {
    const { add, step, scheduler } = setup();
    const { sequence } = add({ timeBudgetMs: 100, promptTokenIds: promptOf(30) }, 5);
    expect(step(10)).toEqual([]);
    expect(step(110)).toEqual([{ sequence, tokens: [], ended: "timeBudget" }]);
    expect(sequence.timings(110)).toEqual({ queueMs: 5, prefillMs: 100, timeToFirstTokenMs: 105, decodeMs: 0 });
    expect(scheduler.numRunning).toBe(0);
  });

  it("tells where the time went", () => {
    const { add, step } = setup({ next: asTold });
    const { sequence } = add({ promptTokenIds: promptOf(16, 1) }, 1);
    for (const now of [10, 30, 70]) step(now);
    expect(sequence.timings(70)).toEqual({ queueMs: 9, prefillMs: 20, timeToFirstTokenMs: 29, decodeMs: 40 });
  });

  it("takes an aborted sequence out wherever it stands, once", () => {
    const { add, scheduler, passes } = setup({ maxNumSeqs: 2 });
    const decoding = add({}).sequence;
    const prefilling = add({ promptTokenIds: promptOf(20) }).sequence;
    const waiting = add({}).sequence;
    passes(3);
    expect([decoding.status, prefilling.status, waiting.status]).toEqual(["decode", "prefill", "waiting"]);
    expect(scheduler.running()).toEqual([decoding, prefilling]);
    for (const sequence of [decoding, prefilling, waiting, waiting]) scheduler.abort(sequence);
    expect([scheduler.numRunning, scheduler.numWaiting, scheduler.numWaitingTokens]).toEqual([0, 0, 0]);
    expect(scheduler.schedule(0).plan).toBeUndefined();
  });

  it("leaves a sequence without a token where it is, until it is aborted", () => {
    const { add, scheduler } = setup();
    const { sequence } = add({});
    expect(scheduler.update(scheduler.schedule(0), [[]], { now: 0, passMs: 0 })).toEqual([]);
    expect(sequence.status).toBe("decode");
    scheduler.abort(sequence);
    expect(scheduler.numRunning).toBe(0);
  });

  it("counts the positions its rows hold", () => {
    const { add, scheduler, passes } = setup();
    add({});
    add({ promptTokenIds: promptOf(5) });
    passes(3);
    expect(scheduler.numCachedPositions).toBe(3 + 1 + 5 + 1);
  });

  it.each([
    ["end-of-sequence, and counts it", {}, "abcd\0", "eos"],
    [
      "max tokens, past an end-of-sequence that it is told to pass",
      { ignoreEos: true, maxTokens: 6 },
      "abcd\0\0",
      "maxTokens",
    ],
    ["a stop token", { stopTokenIds: [99] }, "abc", "stop"],
    ["max tokens before the context is full", { maxTokens: 3 }, "abc", "maxTokens"],
  ] as const)("ends a reply at %s", (_name, stopping, said, ended) => {
    const { add, step } = setup({ next: (_prompt, reply) => (reply.length < 4 ? 97 + reply.length : 0) });
    const { sequence } = add({ stopping });
    const updates = said.split("").flatMap(() => step());
    expect(updates.at(-1)?.ended).toBe(ended);
    expect(sequence.tokenIds.slice(3)).toEqual(tokensOf(said));
  });

  it("ends a reply when the context is full", () => {
    const { add, step } = setup();
    const { sequence } = add({ promptTokenIds: promptOf(61), stopping: { maxTokens: 100 } });
    const updates = Array.from({ length: 10 }, () => step()).flat();
    expect(updates.map(({ ended }) => ended)).toEqual([undefined, undefined, "contextFull"]);
    expect(sequence.tokenIds).toHaveLength(64);
  });

  it("takes a sequence out that the caller finishes, once", () => {
    const { add, scheduler, step } = setup();
    const { sequence } = add({});
    step(10);
    for (let i = 0; i < 2; i++) scheduler.finish(sequence, 20);
    expect([sequence.status, scheduler.numRunning]).toEqual(["finished", 0]);
  });
});

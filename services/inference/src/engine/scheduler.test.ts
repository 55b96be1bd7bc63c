import { describe, expect, it } from "vitest";
import { FakeModelRunner, type NextToken } from "../runtime/fake-model-runner.fixture.ts";
import { characterModel, type FakeRequestOptions, fakeRequest, tokensOf } from "./fake-requests.fixture.ts";
import { Sampler } from "./sampler.ts";
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
  const sampler = new Sampler(128);
  const scheduler = new Scheduler({
    maxNumSeqs,
    maxWaiting: 8,
    maxWaitingTokens: 100,
    prefillChunkTokens: 8,
    ...options,
  });

  function add(request: FakeRequestOptions, now = 0) {
    const sequence = new Sequence({ request: fakeRequest(request), model: characterModel, maxModelLen: 64, now });
    return { sequence, refusal: scheduler.add(sequence) };
  }

  function step(now = 0): SequenceUpdate[] {
    const schedule = scheduler.schedule(now);
    if (schedule.plan === undefined) return [];
    const logits = runner.pass(schedule.plan);
    const sampled = Array.from({ length: logits.length / 128 }, (_, row) => ({
      tokenId: sampler.sample(logits.subarray(row * 128, (row + 1) * 128), schedule.sequences[row]!.sampling),
      logprobs: undefined,
    }));
    return scheduler.update(schedule, sampled, now);
  }

  /** The kinds of the next passes: a prefill by its tokens, a decode step by its rows. */
  function passes(count: number): string[] {
    const before = runner.plans.length;
    for (let i = 0; i < count; i++) step();
    return runner.plans
      .slice(before)
      .map((plan) => (plan.type === "prefill" ? `prefill ${plan.tokenIds.length}` : `decode ${plan.entries.length}`));
  }

  return { scheduler, runner, add, step, passes };
}

const promptOf = (length: number, first = 1) => [first, ...new Array(length - 1).fill(1)];

describe("Scheduler", () => {
  it("has nothing to do without sequences", () => {
    const { scheduler } = setup();
    expect(scheduler.schedule(0)).toEqual({ timedOut: [], admitted: undefined, plan: undefined, sequences: [] });
  });

  it("prefills a prompt, then decodes a token a step", () => {
    const { add, step, passes } = setup();
    add({ stopping: { maxTokens: 3 } });
    expect(step()[0]?.delta).toEqual({ text: "a", tokenIds: [97], logprobs: [] });
    expect(step()[0]?.delta?.text).toBe("b");
    expect(step()[0]).toMatchObject({ delta: { text: "c" }, finished: { reason: "maxTokens", completionTokens: 3 } });
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

  it("keeps a prompt of several chunks behind the decoding rows and moves it once if they have become fewer", () => {
    const { add, passes, runner } = setup({ next: asTold });
    for (const length of [9, 2]) add({ promptTokenIds: promptOf(2, length) });
    add({ promptTokenIds: promptOf(16, 9) });
    expect(passes(7)).toEqual(["prefill 2", "prefill 2", "decode 2", "prefill 8", "decode 2", "prefill 8", "decode 2"]);
    expect(runner.plans.flatMap(({ moves }) => moves)).toEqual([{ from: 2, to: 1, length: 16 }]);
  });

  it("closes holes before a prompt of several chunks takes its row", () => {
    const { add, passes, runner } = setup({ next: asTold });
    for (const length of [1, 9]) add({ promptTokenIds: promptOf(2, length) });
    expect(passes(3)).toEqual(["prefill 2", "prefill 2", "decode 2"]);
    add({ promptTokenIds: promptOf(16, 9) });
    passes(1);
    expect(runner.plans.at(-1)).toMatchObject({ type: "prefill", row: 1, moves: [{ from: 1, to: 0 }] });
  });

  it("gives a freed row to the next in line, lower priority value first", () => {
    const { add, step } = setup({ maxNumSeqs: 1, next: asTold });
    const order: number[] = [];
    add({ promptTokenIds: [1, 1] });
    add({ promptTokenIds: [1, 2] });
    add({ promptTokenIds: [1, 3], priority: -1 });
    add({ promptTokenIds: [1, 4] });
    for (let i = 0; i < 8; i++) {
      for (const { sequence, finished } of step()) if (finished) order.push(sequence.request.promptTokenIds[1]!);
    }
    expect(order).toEqual([3, 1, 2, 4]);
  });

  it("refuses a request more than may wait, beside those free rows will take", () => {
    const { add, scheduler, passes } = setup({ maxNumSeqs: 2, maxWaiting: 1 });
    expect([add({}), add({}), add({})].map(({ refusal }) => refusal)).toEqual([undefined, undefined, undefined]);
    expect(add({}).refusal).toMatch(
      /1 requests wait for others to end, 9 prompt tokens wait, this one has 3; the limits are 1 requests/,
    );
    passes(2);
    expect([scheduler.numRunning, scheduler.numWaiting, scheduler.numWaitingTokens]).toEqual([2, 1, 3]);
    expect(add({}).refusal).toBeDefined();
  });

  it("refuses prompt tokens more than may wait, but takes a long prompt alone", () => {
    const { add } = setup({ maxWaitingTokens: 10 });
    expect(add({ promptTokenIds: promptOf(20) }).refusal).toBeUndefined();
    expect(add({ promptTokenIds: [1] }).refusal).toMatch(/the limits are 8 requests and 10 tokens/);
  });

  it("estimates when to try again from the queue and the pace of late", () => {
    const { add, scheduler, step } = setup({ maxNumSeqs: 1, next: asTold });
    expect(scheduler.retryDelayMs).toBe(100);
    add({ promptTokenIds: [2] });
    step(0);
    for (let i = 0; i < 3; i++) add({ promptTokenIds: [2] });
    expect(scheduler.retryDelayMs).toBe(6_000);
    step(7_000);
    step(12_000);
    expect(scheduler.retryDelayMs).toBe(3 * (2_000 + 0.2 * 10_000));
    step(1e9);
    expect(scheduler.retryDelayMs).toBeLessThanOrEqual(60_000);
  });

  it("lets go of one that has waited too long, and not of one that runs", () => {
    const { add, scheduler } = setup({ maxNumSeqs: 1 });
    add({ maxQueueTimeMs: 50 });
    const { sequence } = add({ maxQueueTimeMs: 50 });
    scheduler.update(scheduler.schedule(10), [{ tokenId: 97, logprobs: undefined }], 20);
    expect(scheduler.schedule(49).timedOut).toEqual([]);
    expect(scheduler.schedule(50).timedOut).toEqual([sequence]);
    scheduler.abort(sequence);
    expect([scheduler.numRunning, scheduler.numWaiting]).toEqual([1, 0]);
  });

  it("ends a reply whose time is over, counted from its prefill", () => {
    const { add, step } = setup();
    add({ timeBudgetMs: 100 });
    step(1000);
    expect(step(1099)[0]?.finished).toBeUndefined();
    expect(step(1100)[0]).toMatchObject({ delta: { text: "c" }, finished: { reason: "timeBudget", textLength: 3 } });
  });

  it("ends a request whose time is over while its prompt is computed", () => {
    const { add, step, scheduler } = setup();
    add({ timeBudgetMs: 100, promptTokenIds: promptOf(30) }, 5);
    expect(step(10)).toEqual([]);
    const [update] = step(110);
    expect(update).toMatchObject({ delta: undefined, finished: { reason: "timeBudget", completionTokens: 0 } });
    expect(update?.finished?.timings).toEqual({ queueMs: 5, prefillMs: 100, timeToFirstTokenMs: 105, decodeMs: 0 });
    expect(scheduler.numRunning).toBe(0);
  });

  it("tells where the time went", () => {
    const { add, step } = setup({ next: asTold });
    add({ promptTokenIds: promptOf(16, 1) }, 1);
    step(10);
    step(30);
    expect(step(70)[0]?.finished?.timings).toEqual({ queueMs: 9, prefillMs: 20, timeToFirstTokenMs: 29, decodeMs: 40 });
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
    expect(scheduler.update(scheduler.schedule(0), [undefined], 0)).toEqual([]);
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

  it("sends tokens with the text they made, and with log-probabilities at once", () => {
    const { add, step } = setup({ next: (_prompt, reply) => tokensOf("<em>")[reply.length]! });
    add({ stopping: { maxTokens: 4, stop: ["<end>"] } });
    expect([step()[0]?.delta, step()[0]?.delta]).toEqual([undefined, undefined]);
    expect(step()[0]?.delta).toEqual({ text: "<em", tokenIds: tokensOf("<em"), logprobs: [] });
  });
});

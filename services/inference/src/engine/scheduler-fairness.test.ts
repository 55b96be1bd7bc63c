import { describe, expect, it } from "vitest";
import { FakeBlocks } from "./fake-blocks.fixture.ts";
import { FakeModelRunner } from "./fake-model-runner.fixture.ts";
import { FakePasses } from "./fake-passes.fixture.ts";
import { characterModel, type FakeRequestOptions, fakeRequest } from "./fake-requests.fixture.ts";
import { FixedPacer } from "./prefill/fixed-pacer.fixture.ts";
import { Scheduler, type SchedulerOptions } from "./scheduler.ts";
import { Sequence } from "./sequence.ts";

interface AskedOptions extends FakeRequestOptions {
  readonly numPromptTokens?: number;
  readonly maxTokens?: number;
}

interface SetupOptions extends Partial<SchedulerOptions> {
  readonly prefixCache?: FakeBlocks;
}

/** A scheduler of one row unless told otherwise, over passes that draw the letter a in each row. */
function setup({ maxNumSeqs = 1, prefixCache, ...options }: SetupOptions = {}) {
  const cache = prefixCache ? { prefixCache } : {};
  const passes = new FakePasses(new FakeModelRunner({ vocabSize: 128, maxNumSeqs, next: () => 97, ...cache }));
  const scheduler = new Scheduler({
    maxNumSeqs,
    prefixCache,
    maxWaiting: 8,
    maxWaitingTokens: 100,
    pacer: new FixedPacer(8),
    ...options,
  });

  function add({ numPromptTokens = 3, maxTokens = 2, ...request }: AskedOptions) {
    const promptTokenIds = new Array<number>(numPromptTokens).fill(1);
    const whole = fakeRequest({ promptTokenIds, stopping: { maxTokens }, ...request });
    const sequence = new Sequence({ request: whole, model: characterModel, maxModelLen: 64, now: 0 });
    return { sequence, refusals: scheduler.add(sequence) };
  }

  /** Returns the tenants whose requests ended. */
  function step(): string[] {
    const schedule = scheduler.schedule(0);
    const drawn = schedule.plan ? passes.run(schedule) : [];
    const updates = scheduler.update(schedule, drawn, { now: 0, passMs: 0 });
    return updates.flatMap(({ sequence, ended }) => (ended === undefined ? [] : sequence.request.tenant));
  }

  return { scheduler, add, step };
}

describe("Scheduler, between tenants,", () => {
  it("gives the next free row to who was served least", () => {
    const { scheduler, add, step } = setup({ maxNumSeqs: 2, maxWaiting: 50 });
    for (let i = 0; i < 50; i++) add({ tenant: "a" });
    step();
    step();
    const lone = add({ tenant: "b" }).sequence;
    step();
    step();
    expect(scheduler.running()).toContain(lone);
  });

  it("counts the tokens of prompts, and those drawn at two each", () => {
    const { add, step } = setup();
    // A request of a costs 6 + 2 * 6, one of b 2 + 2 * 1.
    const long = { tenant: "a", numPromptTokens: 6, maxTokens: 6 };
    const short = { tenant: "b", numPromptTokens: 2, maxTokens: 1 };
    for (const request of [long, long, short, short, short, short, short, short]) add(request);
    const served: string[] = [];
    while (served.length < 8) served.push(...step());
    expect(served.join("")).toBe("abbbbbab");
  });

  it("counts no tokens that the prefix cache knew", () => {
    const { add, step } = setup({ prefixCache: new FakeBlocks(2, 64), maxWaitingTokens: 1_000 });
    // The first request of a costs 20 + 2 * 3, the others 2 + 2 * 3; of b each is another text.
    const known = { tenant: "a", numPromptTokens: 20, maxTokens: 3 };
    for (let i = 0; i < 5; i++) add(known);
    for (let i = 0; i < 3; i++) add({ ...known, tenant: "b", cacheSalt: `${i}` });
    const served: string[] = [];
    while (served.length < 8) served.push(...step());
    expect(served.join("")).toBe("ababaaab");
  });

  it("tells who has less waiting to come back sooner", () => {
    const { scheduler, add, step } = setup();
    add({ tenant: "a" });
    step();
    for (let i = 0; i < 5; i++) add({ tenant: "a" });
    add({ tenant: "b" });
    // Before the next of each go 5 + 1, 2 + 1 and 1 + 1 requests, of 2 s each.
    expect(["a", "b", "c"].map((tenant) => scheduler.retryDelayMs(tenant))).toEqual([12_000, 6_000, 4_000]);
  });

  it("pushes the newest of who has most waiting out of a full queue, and tells when to try again", () => {
    const { scheduler, add } = setup({ maxWaiting: 2 });
    const [, , newest] = [add({ tenant: "a" }), add({ tenant: "a" }), add({ tenant: "a" })];
    const { refusals } = add({ tenant: "b" });
    const { sequence, message, retryDelayMs } = refusals[0]!;
    expect([refusals.length, sequence, retryDelayMs]).toEqual([1, newest!.sequence, 6_000]);
    expect(message).toMatch(
      /^the queue is full, and this one made room .*: requests that wait for others to end 2 of at most 2/,
    );
    scheduler.abort(newest!.sequence);
    expect([newest!.sequence.status, scheduler.numWaiting]).toEqual(["finished", 3]);
  });

  it("frees the share of one that is aborted with its row", () => {
    const { scheduler, add, step } = setup();
    const { sequence } = add({ tenant: "a" });
    add({ tenant: "b" });
    step();
    scheduler.abort(sequence);
    expect([...step(), ...step()]).toEqual(["b"]);
    expect([scheduler.numRunning, scheduler.numWaiting]).toEqual([0, 0]);
  });
});

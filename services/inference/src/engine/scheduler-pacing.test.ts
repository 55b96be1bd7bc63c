import { describe, expect, it } from "vitest";
import { FakeModelRunner } from "./fake-model-runner.fixture.ts";
import { FakePasses } from "./fake-passes.fixture.ts";
import { characterModel, fakeRequest } from "./fake-requests.fixture.ts";
import { PrefillPacer } from "./prefill/prefill-pacer.ts";
import { Scheduler } from "./scheduler.ts";
import { Sequence } from "./sequence.ts";
import type { StepPlan } from "./step-plan.ts";

const VOCABULARY = 64;
const MAX_MODEL_LEN = 4096;
const TARGET_MS = 100;

/** What a pass takes on the machine these tests have in mind. */
const passMs = ({ rows }: StepPlan) => 8 + rows.length * 2 + rows[0]!.tokenIds.length * 1.4;

/** A scheduler with the real pacer, whose clock goes on by what passes take. */
function setup() {
  const maxNumSeqs = 8;
  const runner = new FakeModelRunner({ vocabSize: VOCABULARY, maxNumSeqs, maxModelLen: MAX_MODEL_LEN, next: () => 1 });
  const passes = new FakePasses(runner);
  const pacer = new PrefillPacer(TARGET_MS);
  const scheduler = new Scheduler({ maxNumSeqs, maxWaiting: 100, maxWaitingTokens: 100_000, pacer });
  /** When each sequence's tokens came. */
  const times = new Map<Sequence, number[]>();
  let now = 0;

  function add(promptTokens: number, { priority = 0, maxTokens = 4_000 } = {}): Sequence {
    const promptTokenIds = new Array<number>(promptTokens).fill(1);
    const request = fakeRequest({ promptTokenIds, priority, stopping: { maxTokens } });
    const sequence = new Sequence({ request, model: characterModel, maxModelLen: MAX_MODEL_LEN, now });
    expect(scheduler.add(sequence)).toEqual([]);
    times.set(sequence, []);
    return sequence;
  }

  function step(): void {
    const schedule = scheduler.schedule(now);
    const drawn = passes.run(schedule);
    const time = passMs(schedule.plan!);
    now += time;
    for (const { sequence } of scheduler.update(schedule, drawn, { now, passMs: time })) times.get(sequence)!.push(now);
  }

  /** Steps until the sequence has a token; how many. */
  function stepsUntilToken(sequence: Sequence): number {
    let steps = 0;
    for (; times.get(sequence)!.length === 0; steps++) step();
    return steps;
  }

  return { scheduler, add, step, stepsUntilToken, times: (sequence: Sequence) => times.get(sequence)! };
}

describe("prefill by time", () => {
  it("lets a prompt of 10 tokens through within a few chunks of one of 3,991", () => {
    const { add, step, stepsUntilToken } = setup();
    const long = add(3_991);
    for (let i = 0; i < 3; i++) step();
    const short = add(10);
    expect(stepsUntilToken(short)).toBeLessThanOrEqual(2);
    expect(long.status).toBe("prefill");
  });

  it("lets decoding wait no longer than the target while long prompts are computed", () => {
    const { add, step, stepsUntilToken, times } = setup();
    const decoding = [1, 2, 3, 4].map(() => add(20));
    for (const sequence of decoding) stepsUntilToken(sequence);
    const long = add(2_000);
    for (let i = 0; i < 10; i++) step();
    expect(stepsUntilToken(add(15))).toBeLessThanOrEqual(4);
    stepsUntilToken(long);
    const gaps = decoding.flatMap((sequence) => times(sequence).map((at, i, all) => at - (all[i - 1] ?? at)));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(TARGET_MS);
  });

  it("computes a long prompt at last, however many short ones of the highest priority keep coming", () => {
    const { add, scheduler, step } = setup();
    const long = add(1_500, { priority: 1_000, maxTokens: 1 });
    for (let steps = 0; long.status !== "finished"; steps++) {
      expect(steps).toBeLessThan(1_500);
      while (scheduler.numWaiting < 3) add(40, { priority: -1_000, maxTokens: 1 });
      step();
    }
  });

  it("goes on with others when a prompt is aborted between its chunks", () => {
    const { add, scheduler, step, stepsUntilToken } = setup();
    const long = add(3_000);
    const other = add(1_000);
    for (let i = 0; i < 3; i++) step();
    scheduler.abort(other);
    scheduler.abort(long);
    expect(scheduler.numRunning).toBe(0);
    expect(stepsUntilToken(add(10))).toBe(1);
  });
});

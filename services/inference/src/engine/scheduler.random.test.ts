import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeModelRunner } from "../runtime/fake-model-runner.fixture.ts";
import { characterModel, fakeRequest } from "./fake-requests.fixture.ts";
import type { GenerationRequest } from "./generation.ts";
import { Sampler } from "./sampler.ts";
import { type Schedule, Scheduler, type SchedulerOptions } from "./scheduler.ts";
import { Sequence } from "./sequence.ts";

const VOCABULARY = 24;
const MAX_MODEL_LEN = 32;

interface Arrival {
  readonly request: GenerationRequest;
  /** The step before which it comes, and that before which it is aborted. */
  readonly arrivesAt: number;
  readonly abortsAt: number;
}

type Ending = "finished" | "timed out" | "refused" | "aborted";

interface Outcome {
  readonly endings: Ending[];
  readonly tokenIds: number[];
}

const arrivals = fc.array(
  fc
    .record({
      arrivesAt: fc.nat(40),
      lifetime: fc.oneof({ weight: 3, arbitrary: fc.constant(1e9) }, fc.nat(20)),
      promptTokenIds: fc.array(fc.integer({ min: 1, max: VOCABULARY - 1 }), {
        minLength: 1,
        maxLength: MAX_MODEL_LEN - 1,
      }),
      maxTokens: fc.integer({ min: 1, max: 20 }),
      priority: fc.integer({ min: -1, max: 1 }),
      maxQueueTimeMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      timeBudgetMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      temperature: fc.constantFrom(0, 1),
      repetitionPenalty: fc.constantFrom(1, 1.2),
      seed: fc.nat(),
    })
    .map(({ arrivesAt, lifetime, maxTokens, temperature, repetitionPenalty, seed, ...rest }): Arrival => {
      const sampling = { temperature, repetitionPenalty, seed };
      return {
        arrivesAt,
        abortsAt: arrivesAt + lifetime,
        request: fakeRequest({ ...rest, sampling, stopping: { maxTokens } }),
      };
    }),
  { maxLength: 25 },
);

const limits = fc.record({
  maxNumSeqs: fc.integer({ min: 1, max: 5 }),
  maxWaiting: fc.integer({ min: 0, max: 10 }),
  maxWaitingTokens: fc.integer({ min: 1, max: 120 }),
  prefillChunkTokens: fc.integer({ min: 1, max: 16 }),
});

/** Runs arrivals to their end, a millisecond a step, and checks each step. */
class Simulation {
  readonly scheduler: Scheduler;
  readonly outcomes = new Map<Sequence, Outcome>();
  readonly #limits: SchedulerOptions;
  readonly #runner: FakeModelRunner;
  readonly #sampler = new Sampler(VOCABULARY);
  #prefilledSinceDecode = 0;

  constructor(options: SchedulerOptions) {
    this.#limits = options;
    this.scheduler = new Scheduler(options);
    this.#runner = new FakeModelRunner({
      vocabSize: VOCABULARY,
      maxNumSeqs: options.maxNumSeqs,
      maxModelLen: MAX_MODEL_LEN,
    });
  }

  add(request: GenerationRequest, now: number): Sequence {
    const sequence = new Sequence({ request, model: characterModel, maxModelLen: MAX_MODEL_LEN, now });
    this.outcomes.set(sequence, { endings: [], tokenIds: [] });
    if (this.scheduler.add(sequence) !== undefined) this.#end(sequence, "refused");
    return sequence;
  }

  abort(sequence: Sequence): void {
    if (this.outcomes.get(sequence)!.endings.length > 0) return;
    this.scheduler.abort(sequence);
    this.#end(sequence, "aborted");
  }

  /** False once there is nothing to do. */
  step(now: number): boolean {
    const schedule = this.scheduler.schedule(now);
    for (const sequence of schedule.timedOut) this.#end(sequence, "timed out");
    if (schedule.plan === undefined) return false;
    this.#checkFairness(schedule);
    this.#run(schedule, now + 1);
    this.#checkBounds();
    return true;
  }

  #run(schedule: Schedule, now: number): void {
    const logits = this.#runner.pass(schedule.plan!);
    const numRows = logits.length / VOCABULARY;
    const sampled = schedule.sequences.slice(0, numRows).map((sequence, row) => {
      const tokenId = this.#sampler.sample(
        logits.subarray(row * VOCABULARY, (row + 1) * VOCABULARY),
        sequence.sampling,
      );
      this.outcomes.get(sequence)!.tokenIds.push(tokenId);
      return { tokenId, logprobs: undefined };
    });
    for (const { sequence, finished } of this.scheduler.update(schedule, sampled, now)) {
      if (finished !== undefined) this.#end(sequence, "finished");
    }
  }

  #end(sequence: Sequence, ending: Ending): void {
    this.outcomes.get(sequence)!.endings.push(ending);
  }

  #checkFairness({ plan, sequences }: Schedule): void {
    expect(new Set(sequences).size).toBe(sequences.length);
    const isDecoding = this.scheduler.running().some(({ status }) => status === "decode");
    const prefilled = plan?.type === "prefill" && isDecoding ? plan.tokenIds.length : 0;
    this.#prefilledSinceDecode = plan?.type === "prefill" ? this.#prefilledSinceDecode + prefilled : 0;
    expect(this.#prefilledSinceDecode).toBeLessThanOrEqual(this.#limits.prefillChunkTokens);
  }

  #checkBounds(): void {
    const { maxNumSeqs, maxWaiting, maxWaitingTokens } = this.#limits;
    expect(this.scheduler.numWaiting).toBeLessThanOrEqual(maxWaiting + maxNumSeqs);
    // One prompt alone may be longer.
    if (this.scheduler.numWaiting > 1) expect(this.scheduler.numWaitingTokens).toBeLessThanOrEqual(maxWaitingTokens);
    expect(this.scheduler.numRunning).toBeLessThanOrEqual(maxNumSeqs);
  }
}

function simulate(options: SchedulerOptions, all: readonly Arrival[]): ReadonlyMap<Sequence, Outcome> {
  const simulation = new Simulation(options);
  const sequences = new Map<Arrival, Sequence>();
  const lastArrival = Math.max(0, ...all.map(({ arrivesAt }) => arrivesAt));
  for (let now = 0, isBusy = true; isBusy || now <= lastArrival; now++) {
    if (now > 10_000) throw new Error("the schedule does not end");
    for (const arrival of all.filter(({ arrivesAt }) => arrivesAt === now)) {
      sequences.set(arrival, simulation.add(arrival.request, now));
    }
    for (const arrival of all.filter(({ abortsAt }) => abortsAt === now)) simulation.abort(sequences.get(arrival)!);
    isBusy = simulation.step(now);
  }
  const { numRunning, numWaiting, numWaitingTokens } = simulation.scheduler;
  expect([numRunning, numWaiting, numWaitingTokens]).toEqual([0, 0, 0]);
  return simulation.outcomes;
}

/** The tokens of a request that has the model to itself and all the time. */
function alone(request: GenerationRequest): readonly number[] {
  const unhurried = { ...request, maxQueueTimeMs: undefined, timeBudgetMs: undefined };
  const options = { maxNumSeqs: 1, maxWaiting: 1, maxWaitingTokens: 1, prefillChunkTokens: MAX_MODEL_LEN };
  const [outcome] = simulate(options, [{ request: unhurried, arrivesAt: 0, abortsAt: 1e9 }]).values();
  return outcome!.tokenIds;
}

describe("any schedule", () => {
  it("ends, ends every request once, keeps its bounds and gives each the tokens it gets alone", () => {
    fc.assert(
      fc.property(limits, arrivals, (options, all) => {
        for (const [{ request }, { endings, tokenIds }] of simulate(options, all)) {
          expect(endings).toHaveLength(1);
          const whole = alone(request);
          const isCut = endings[0] !== "finished" || request.timeBudgetMs !== undefined;
          expect(tokenIds).toEqual(isCut ? whole.slice(0, tokenIds.length) : whole);
        }
      }),
      { numRuns: 300 },
    );
  });
});

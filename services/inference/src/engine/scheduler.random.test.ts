import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeBlocks } from "./fake-blocks.fixture.ts";
import { FakeModelRunner, type NextToken } from "./fake-model-runner.fixture.ts";
import { type DrawRow, FakePasses } from "./fake-passes.fixture.ts";
import { characterModel, fakeRequest } from "./fake-requests.fixture.ts";
import type { GenerationRequest } from "./generation.ts";
import { numCommonTokens, PrefixChain } from "./kv-cache/prefix-index.ts";
import { PromptLookup } from "./lookup/prompt-lookup.ts";
import { FixedPacer } from "./prefill/fixed-pacer.fixture.ts";
import { PrefillPacer } from "./prefill/prefill-pacer.ts";
import { type Schedule, Scheduler, type SchedulerOptions } from "./scheduler.ts";
import { Sequence } from "./sequence.ts";

const VOCABULARY = 24;
const MAX_MODEL_LEN = 32;

interface Arrival {
  readonly request: GenerationRequest;
  /** The step before which it comes, and that before which it is aborted. */
  readonly arrivesAt: number;
  readonly abortsAt: number;
  /** The step at or after which its logits are broken. */
  readonly breaksAt: number;
}

type Ending = "finished" | "timed out" | "refused" | "aborted" | "broken";

interface Outcome {
  readonly endings: Ending[];
  readonly tokenIds: number[];
}

const tokenIds = (maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: VOCABULARY - 1 }), { minLength: 1, maxLength });

/** What prompts begin with that begin alike: conversations that go on, and personas that many share. */
const BEGINNINGS = [0, 1, 2].map((first) => Array.from({ length: 24 }, (_, i) => ((first + i * i) % 23) + 1));

const prompts = fc.oneof(
  tokenIds(MAX_MODEL_LEN - 1),
  fc
    .tuple(fc.constantFrom(...BEGINNINGS), fc.nat(24), tokenIds(7))
    .map(([beginning, length, rest]) => [...beginning.slice(0, length), ...rest]),
);

const arrivals = fc.array(
  fc
    .record({
      arrivesAt: fc.nat(40),
      lifetime: fc.oneof({ weight: 3, arbitrary: fc.constant(1e9) }, fc.nat(20)),
      soundness: fc.oneof({ weight: 5, arbitrary: fc.constant(1e9) }, fc.nat(20)),
      promptTokenIds: prompts,
      cacheSalt: fc.constantFrom("one", "other"),
      maxTokens: fc.integer({ min: 1, max: 20 }),
      tenant: fc.constantFrom("", "a", "b"),
      priority: fc.integer({ min: -1, max: 1 }),
      maxQueueTimeMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      timeBudgetMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
      temperature: fc.constantFrom(0, 1),
      repetitionPenalty: fc.constantFrom(1, 1.2),
      seed: fc.nat(),
    })
    .map(({ arrivesAt, lifetime, soundness, maxTokens, temperature, repetitionPenalty, seed, ...rest }): Arrival => {
      const sampling = { temperature, repetitionPenalty, seed };
      return {
        arrivesAt,
        abortsAt: arrivesAt + lifetime,
        breaksAt: arrivesAt + soundness,
        request: fakeRequest({ ...rest, sampling, stopping: { maxTokens } }),
      };
    }),
  { maxLength: 25 },
);

interface Limits extends Omit<SchedulerOptions, "prefixCache" | "pacer" | "drafter"> {
  /** Tokens of prompts between two decode steps, or milliseconds that they may take. */
  readonly pace: { readonly tokens: number } | { readonly targetMs: number };
  /** Whether what is likeliest next depends on the last token alone: such replies run in loops, and drafts come true. */
  readonly isLooping: boolean;
  /** By how many milliseconds the clock jumps after so many steps. */
  readonly jump: { readonly after: number; readonly ms: number };
  /** Undefined for no prefix cache. */
  readonly blocks: { readonly blockTokens: number; readonly maxBlocks: number } | undefined;
}

const limits: fc.Arbitrary<Limits> = fc.record({
  maxNumSeqs: fc.integer({ min: 1, max: 5 }),
  maxWaiting: fc.integer({ min: 0, max: 10 }),
  maxWaitingTokens: fc.integer({ min: 1, max: 120 }),
  pace: fc.oneof(
    fc.record({ tokens: fc.integer({ min: 1, max: 16 }) }),
    fc.record({ targetMs: fc.integer({ min: 1, max: 50 }) }),
  ),
  isLooping: fc.boolean(),
  jump: fc.record({ after: fc.nat(60), ms: fc.constantFrom(0, 0, 30, -30, 1e9, -1e9) }),
  idleRowTokens: fc.constantFrom(0, 2, Number.POSITIVE_INFINITY),
  blocks: fc.option(fc.record({ blockTokens: fc.integer({ min: 1, max: 5 }), maxBlocks: fc.nat(12) }), {
    nil: undefined,
  }),
});

/** Runs arrivals to their end, a millisecond a step by a clock that may jump, and checks each step. */
class Simulation {
  readonly scheduler: Scheduler;
  readonly outcomes = new Map<Sequence, Outcome>();
  readonly #limits: Limits;
  readonly #runner: FakeModelRunner;
  readonly #passes: FakePasses;
  #prefilledSinceDecode = 0;
  /** Sequences that had a row. */
  readonly #admitted = new Set<Sequence>();
  readonly #broken: Sequence[] = [];
  readonly #breaksAt = new Map<Sequence, number>();

  constructor(options: Limits, isDrafting: boolean) {
    const { blocks } = options;
    const prefixCache = blocks && new FakeBlocks(blocks.blockTokens, blocks.maxBlocks);
    this.#limits = options;
    const pacer =
      "tokens" in options.pace ? new FixedPacer(options.pace.tokens) : new PrefillPacer(options.pace.targetMs);
    const drafter = isDrafting ? new PromptLookup<Sequence>() : undefined;
    this.scheduler = new Scheduler({ ...options, prefixCache, pacer, drafter });
    this.#runner = new FakeModelRunner({
      ...(prefixCache && { prefixCache }),
      ...(options.isLooping && { next: afterLast }),
      vocabSize: VOCABULARY,
      maxNumSeqs: options.maxNumSeqs,
      maxModelLen: MAX_MODEL_LEN,
    });
    this.#passes = new FakePasses(this.#runner);
  }

  add({ request, breaksAt, arrivesAt }: Arrival): Sequence {
    const now = this.#clock(arrivesAt);
    const sequence = new Sequence({ request, model: characterModel, maxModelLen: MAX_MODEL_LEN, now });
    this.outcomes.set(sequence, { endings: [], tokenIds: [] });
    this.#breaksAt.set(sequence, breaksAt);
    for (const refused of this.scheduler.add(sequence)) this.#end(refused.sequence, "refused");
    return sequence;
  }

  abort(sequence: Sequence): void {
    if (this.outcomes.get(sequence)!.endings.length > 0) return;
    this.scheduler.abort(sequence);
    this.#end(sequence, "aborted");
  }

  /** False once there is nothing to do. */
  step(step: number): boolean {
    const schedule = this.scheduler.schedule(this.#clock(step));
    for (const sequence of schedule.timedOut) this.#end(sequence, "timed out");
    if (schedule.plan === undefined) return false;
    this.#checkCached(schedule);
    this.#checkPrefill(schedule);
    this.#checkAdmission(schedule);
    this.#run(schedule, step);
    this.#checkBounds();
    return true;
  }

  /** Milliseconds after so many steps. */
  #clock(step: number): number {
    const { after, ms } = this.#limits.jump;
    return step > after ? step + ms : step;
  }

  #run(schedule: Schedule, step: number): void {
    const drawn = this.#passes.run(schedule, (...row) => this.#draw(row, step));
    const now = this.#clock(step + 1);
    const passMs = now - this.#clock(step);
    for (const { sequence, tokens, ended } of this.scheduler.update(schedule, drawn, { now, passMs })) {
      if (this.#broken.includes(sequence)) continue;
      this.outcomes.get(sequence)!.tokenIds.push(...tokens.map(({ tokenId }) => tokenId));
      if (ended !== undefined) this.#end(sequence, "finished");
    }
    for (const sequence of this.#broken.splice(0)) this.scheduler.abort(sequence);
  }

  #draw([sequence, planRow, logits]: Parameters<DrawRow>, step: number) {
    if (planRow.numLogits === 0 || step < this.#breaksAt.get(sequence)!)
      return this.#passes.draw(sequence, planRow, logits);
    this.scheduler.invalidate(sequence);
    this.#checkForgotten(sequence);
    this.#admitted.delete(sequence);
    this.#broken.push(sequence);
    this.#end(sequence, "broken");
    return [];
  }

  #end(sequence: Sequence, ending: Ending): void {
    this.outcomes.get(sequence)!.endings.push(ending);
  }

  /** What it did not compute somebody did, under its salt, whose logits are no doubt right; and its last token is left. */
  #checkCached({ admitted }: Schedule): void {
    for (const sequence of admitted) {
      const { numCachedTokens, numPromptTokens, request } = sequence;
      const alike = [...this.#admitted].filter((other) => other.request.cacheSalt === request.cacheSalt);
      const known = alike.map((other) => numCommonTokens(other.tokenIds, request.promptTokenIds));
      const most = this.#limits.blocks ? Math.max(0, ...known) : 0;
      expect(numCachedTokens).toBeLessThanOrEqual(Math.min(most, Math.max(0, numPromptTokens - 2)));
      this.#admitted.add(sequence);
    }
  }

  #checkForgotten({ request, tokenIds, numComputedTokens }: Sequence): void {
    const { prefixCache } = this.#runner;
    const keys = prefixCache ? new PrefixChain(prefixCache, request.cacheSalt).keys(tokenIds, numComputedTokens) : [];
    expect(keys.filter((key) => prefixCache!.has(key))).toEqual([]);
  }

  #checkPrefill({ plan, sequences: all }: Schedule): void {
    const sequences = all.filter((sequence) => sequence !== undefined);
    expect(new Set(sequences).size).toBe(sequences.length);
    if (sequences.length === 0) return;
    const isDecoding = this.scheduler.running().some(({ status }) => status === "decode");
    const isPrefill = sequences[0]!.status === "prefill";
    const prefilled = isPrefill && isDecoding ? plan!.rows[0]!.tokenIds.length : 0;
    this.#prefilledSinceDecode = isPrefill ? this.#prefilledSinceDecode + prefilled : 0;
    const { pace } = this.#limits;
    if ("tokens" in pace) expect(this.#prefilledSinceDecode).toBeLessThanOrEqual(pace.tokens);
  }

  /** No other of its tenant and priority came before it and still waits. */
  #checkAdmission({ admitted }: Schedule): void {
    const all = [...this.outcomes.keys()];
    for (const sequence of admitted) {
      const { tenant, priority } = sequence.request;
      const before = all.slice(0, all.indexOf(sequence));
      const passedOver = before.filter(
        ({ status, request: other }) => status === "waiting" && other.tenant === tenant && other.priority === priority,
      );
      expect(passedOver).toEqual([]);
    }
  }

  #checkBounds(): void {
    const { maxNumSeqs, maxWaiting, maxWaitingTokens } = this.#limits;
    expect(this.scheduler.numWaiting).toBeLessThanOrEqual(maxWaiting + maxNumSeqs);
    // One prompt alone may be longer.
    if (this.scheduler.numWaiting > 1) expect(this.scheduler.numWaitingTokens).toBeLessThanOrEqual(maxWaitingTokens);
    expect(this.scheduler.numRunning).toBeLessThanOrEqual(maxNumSeqs);
  }
}

/** A loop of eight tokens, whatever came before. */
const afterLast: NextToken = (prompt, reply) => ((((reply.at(-1) ?? prompt.at(-1)!) % 8) * 3) % 8) + 1;

function simulate(
  options: Limits,
  all: readonly Arrival[],
  { isDrafting = true } = {},
): ReadonlyMap<Sequence, Outcome> {
  const simulation = new Simulation(options, isDrafting);
  const sequences = new Map<Arrival, Sequence>();
  const lastArrival = Math.max(0, ...all.map(({ arrivesAt }) => arrivesAt));
  for (let step = 0, isBusy = true; isBusy || step <= lastArrival; step++) {
    if (step > 10_000) throw new Error("the schedule does not end");
    for (const arrival of all.filter(({ arrivesAt }) => arrivesAt === step)) {
      sequences.set(arrival, simulation.add(arrival));
    }
    for (const arrival of all.filter(({ abortsAt }) => abortsAt === step)) simulation.abort(sequences.get(arrival)!);
    isBusy = simulation.step(step);
  }
  const { numRunning, numWaiting, numWaitingTokens } = simulation.scheduler;
  expect([numRunning, numWaiting, numWaitingTokens]).toEqual([0, 0, 0]);
  return simulation.outcomes;
}

/** The tokens of a request that has the model to itself and all the time, drawn one by one. */
function alone(request: GenerationRequest, isLooping: boolean): readonly number[] {
  const unhurried = { ...request, maxQueueTimeMs: undefined, timeBudgetMs: undefined };
  const room = { maxNumSeqs: 1, maxWaiting: 1, maxWaitingTokens: 1, pace: { tokens: MAX_MODEL_LEN } };
  const options = { ...room, blocks: undefined, isLooping, jump: { after: 0, ms: 0 } };
  const arrival = { request: unhurried, arrivesAt: 0, abortsAt: 1e9, breaksAt: 1e9 };
  const [outcome] = simulate(options, [arrival], { isDrafting: false }).values();
  return outcome!.tokenIds;
}

describe("any schedule", () => {
  it("ends, ends every request once, keeps its bounds and gives each the tokens it gets alone", () => {
    fc.assert(
      fc.property(limits, arrivals, (options, all) => {
        for (const [{ request }, { endings, tokenIds }] of simulate(options, all)) {
          expect(endings).toHaveLength(1);
          const whole = alone(request, options.isLooping);
          const isCut = endings[0] !== "finished" || request.timeBudgetMs !== undefined;
          expect(tokenIds).toEqual(isCut ? whole.slice(0, tokenIds.length) : whole);
        }
      }),
      { numRuns: 300 },
    );
  });
});

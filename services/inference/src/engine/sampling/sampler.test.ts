import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fakeRequest } from "../fake-requests.fixture.ts";
import { Random } from "./random.ts";
import { Sampler } from "./sampler.ts";
import type { SamplingParams } from "./sampling-params.ts";
import { SamplingState } from "./sampling-state.ts";

const params = (sampling: Partial<SamplingParams>) => fakeRequest({ sampling }).sampling;
const state = (sampling: Partial<SamplingParams>, promptTokenIds: readonly number[] = []) =>
  new SamplingState(params(sampling), promptTokenIds);

interface Likely {
  readonly id: number;
  readonly weight: number;
}

/** The contract, step by step with sorts: who may be drawn, with probabilities, by id. */
function reference(
  logits: Float32Array,
  sampling: SamplingParams,
  prompt: readonly number[],
  reply: readonly number[],
): Likely[] {
  const penalised = Array.from(logits, (logit, id) => {
    const times = reply.filter((tokenId) => tokenId === id).length;
    const isSeen = times > 0 || prompt.includes(id);
    const penalty = sampling.repetitionPenalty;
    const scaled = logit > 0 ? logit / penalty : logit * penalty;
    const repeated = isSeen ? scaled : logit;
    return repeated - sampling.frequencyPenalty * times - (times > 0 ? sampling.presencePenalty : 0);
  }).map(Math.fround);
  const max = Math.max(...penalised);
  let kept = penalised
    .map((logit, id) => ({ id, weight: Math.exp((logit - max) / sampling.temperature) }))
    .sort((a, b) => b.weight - a.weight || a.id - b.id);
  if (sampling.topK > 0) kept = kept.slice(0, sampling.topK);
  kept = nucleus(kept, sampling.topP).filter(({ weight }) => weight >= sampling.minP);
  return kept.sort((a, b) => a.id - b.id);
}

function nucleus(sorted: Likely[], topP: number): Likely[] {
  const sums = runningSums(sorted);
  const end = sums.findIndex((sum) => sum >= topP * sums.at(-1)!);
  return topP === 1 ? sorted : sorted.slice(0, end + 1);
}

function drawn(kept: readonly Likely[], share: number): number {
  const sums = runningSums(kept);
  return kept[sums.findIndex((sum) => sum > share * sums.at(-1)!)]!.id;
}

function runningSums(tokens: readonly Likely[]): number[] {
  let sum = 0;
  return tokens.map(({ weight }) => {
    sum += weight;
    return sum;
  });
}

/** Two decimals, so that ties are common. */
const coarse = fc.integer({ min: -2000, max: 2000 }).map((n) => n / 100);
const fine = fc.integer({ min: -20_000_000, max: 20_000_000 }).map((n) => n / 1e6);
const rows = fc.oneof(
  fc.array(coarse, { minLength: 1, maxLength: 300, size: "max" }),
  fc.array(fine, { minLength: 1, maxLength: 1500, size: "max" }),
);
const anyParams = fc.record({
  repetitionPenalty: fc.constantFrom(1, 1, 1.3, 0.7),
  frequencyPenalty: fc.constantFrom(0, 0, 0.5, -0.5),
  presencePenalty: fc.constantFrom(0, 0, 0.5),
  temperature: fc.double({ min: 0.1, max: 2, noNaN: true }),
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 })),
  // Away from the sums of ties, where the last bit decides.
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0.011, max: 0.999, noNaN: true })),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 1, noNaN: true })),
  seed: fc.nat(),
});

describe("Sampler", () => {
  it("draws what a straightforward implementation draws", () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 10 });
    fc.assert(
      fc.property(rows, anyParams, tokens, tokens, (numbers, sampling, prompt, reply) => {
        const logits = Float32Array.from(numbers);
        const known = (tokenId: number) => tokenId < logits.length;
        const sequence = new SamplingState(sampling, prompt.filter(known));
        for (const tokenId of reply.filter(known)) sequence.count(tokenId);
        const expected = drawn(reference(logits, sampling, prompt, reply), new Random(sampling.seed).next());
        expect(new Sampler(logits.length).sample(logits, sequence)).toBe(expected);
        expect(logits).toEqual(Float32Array.from(numbers));
      }),
      { numRuns: 300 },
    );
  });

  it("draws tokens as often as they are likely", () => {
    const logits = Float32Array.from([0, 1, 2, 3, -1, 2.5]);
    const sampling = params({ temperature: 0.8, seed: 42 });
    const sequence = new SamplingState(sampling, []);
    const sampler = new Sampler(logits.length);
    const counts = new Array(logits.length).fill(0);
    for (let i = 0; i < 50_000; i++) counts[sampler.sample(logits, sequence)]++;
    const kept = reference(logits, sampling, [], []);
    const total = kept.reduce((sum, { weight }) => sum + weight, 0);
    const chiSquare = kept
      .map(({ id, weight }) => ({ expected: (weight / total) * 50_000, seen: counts[id] }))
      .reduce((sum, { expected, seen }) => sum + (seen - expected) ** 2 / expected, 0);
    // 99.9 % of fair samples stay below 20.5 with five degrees of freedom.
    expect(chiSquare).toBeLessThan(20.5);
  });

  it("takes the likeliest at temperature 0, of equals the lowest id, and with top_k 1 the same", () => {
    const logits = Float32Array.from([1, 5, 5, -2]);
    const sampler = new Sampler(4);
    expect(sampler.sample(logits, state({ temperature: 0 }))).toBe(1);
    expect(sampler.sample(logits, state({ temperature: 1, topK: 1, seed: 3 }))).toBe(1);
  });

  it("keeps the same tokens for the same seed, whatever is drawn for others in between", () => {
    const logits = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i * 7) * 4);
    const sampling = { temperature: 1, seed: 9 };
    const draw = (sampler: Sampler, sequence: SamplingState) => sampler.sample(logits, sequence);
    const alone = state(sampling);
    const expected = Array.from({ length: 20 }, () => draw(new Sampler(500), alone));
    const sampler = new Sampler(500);
    const [among, other] = [state(sampling), state({ temperature: 2, seed: 1, topK: 30 })];
    expect(expected.map(() => [draw(sampler, other), draw(sampler, among)][1])).toEqual(expected);
  });

  it("divides positive and multiplies negative logits of prompt and reply by the repetition penalty", () => {
    const sampler = new Sampler(3);
    const logits = Float32Array.from([3, 2, -1]);
    expect(sampler.sample(logits, state({ repetitionPenalty: 2 }, [0]))).toBe(1);
    expect(sampler.sample(Float32Array.from([-1, -1.5, -3]), state({ repetitionPenalty: 2 }, [0]))).toBe(1);
    expect(Array.from(logits)).toEqual([3, 2, -1]);
  });

  it("takes frequency and presence penalties for the reply's tokens only", () => {
    const sampler = new Sampler(2);
    const sequence = state({ frequencyPenalty: 0.3, presencePenalty: 0.5 }, [0]);
    const logits = Float32Array.from([2, 1]);
    const reply = Array.from({ length: 3 }, () => {
      const tokenId = sampler.sample(logits, sequence);
      sequence.count(tokenId);
      return tokenId;
    });
    // 2, then 2 - 0.8, then 2 - 1.1 against 1.
    expect(reply).toEqual([0, 0, 1]);
  });

  it("adds up the whole row where unlikely tokens decide what the nucleus holds", () => {
    // 20,000 tokens of weight 1e-9 beside tokens of 1 and 0.25: together 0.00002, which a top_p just under 1 / 1.25 feels.
    const logits = new Float32Array(20_000).fill(Math.log(1e-9));
    logits[500] = 0;
    logits[700] = Math.log(0.25);
    const kept = (topP: number) => {
      const sequence = state({ temperature: 1, topP, seed: 2 });
      return new Set(Array.from({ length: 60 }, () => sampler.sample(logits, sequence)));
    };
    const sampler = new Sampler(logits.length);
    expect(kept(0.79998)).toEqual(new Set([500]));
    expect(kept(0.79999)).toEqual(new Set([500, 700]));
  });

  it("never draws a token of logit -Infinity", () => {
    const none = Number.NEGATIVE_INFINITY;
    const logits = Float32Array.from([none, 0, none, 0, none]);
    const sequence = state({ temperature: 1, seed: 5 });
    const ids = Array.from({ length: 200 }, () => new Sampler(5).sample(logits, sequence));
    expect(new Set(ids)).toEqual(new Set([1, 3]));
  });

  it("draws a token that can be drawn, whatever extremes the parameters are", () => {
    const tiny = [Number.MIN_VALUE, 1e-320, 1e-45, 1e-39, 1e-20];
    const extreme = fc.record({
      repetitionPenalty: fc.constantFrom(1, 10, ...tiny),
      frequencyPenalty: fc.constantFrom(0, 2, -2),
      presencePenalty: fc.constantFrom(0, 2, -2, -1e-45),
      temperature: fc.constantFrom(0, 0.8, 2, ...tiny),
      topK: fc.constantFrom(0, 1, 2, 1_000_000),
      topP: fc.constantFrom(1, 0.5, 1 - 2 ** -24, 1 - 2 ** -53, ...tiny),
      minP: fc.constantFrom(0, 1, ...tiny),
      seed: fc.constantFrom(0, 2 ** 32 - 1),
    });
    const logit = fc.constantFrom(0, 1, -1, 1e-45, 3.4e38, -3.4e38, Number.NEGATIVE_INFINITY, 20);
    const rows = fc.array(logit, { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(rows, extreme, fc.array(fc.nat(1)), (numbers, sampling, reply) => {
        const logits = Float32Array.from([...numbers, 0]);
        const sequence = new SamplingState(sampling, [0]);
        for (const tokenId of reply) sequence.count(tokenId);
        const tokenId = new Sampler(logits.length).sample(logits, sequence);
        expect(logits[tokenId]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
      }),
      { numRuns: 2_000 },
    );
  });

  it("makes a token with a tiny repetition penalty the likeliest, not infinite", () => {
    const logits = Float32Array.from([1, 5, 2]);
    for (const temperature of [0, 1])
      expect(new Sampler(3).sample(logits, state({ repetitionPenalty: 1e-39, temperature, seed: 1 }, [2]))).toBe(2);
  });

  it("draws at the smallest temperatures", () => {
    const logits = Float32Array.from([1, 1.0000001, 0]);
    expect(new Sampler(3).sample(logits, state({ temperature: 1e-40, topP: 0.5 }))).toBe(1);
    expect(new Sampler(3).sample(logits, state({ temperature: 1e-320 }))).toBe(1);
  });

  it.each([
    ["NaN", [1, Number.NaN, 2], /logit of token 1 is NaN/],
    ["+Infinity", [1, 2, Number.POSITIVE_INFINITY], /logit of token 2 is Infinity/],
    [
      "nothing but -Infinity",
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      /all logits of a row are -Infinity/,
    ],
  ])("refuses a row with %s and leaves it as it is", (_name, row, message) => {
    const logits = Float32Array.from(row);
    const sequence = state({ repetitionPenalty: 1.1, presencePenalty: 1 }, [0]);
    expect(() => new Sampler(row.length).sample(logits, sequence)).toThrow(message);
    expect(logits).toEqual(Float32Array.from(row));
  });

  it("gives log-probabilities of the unmodified logits", () => {
    const logits = Float32Array.from({ length: 200 }, (_, i) => Math.cos(i * 3) * 6);
    const logTotal = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const { drawn: own, top } = new Sampler(200).logprobs(logits, 7, 5);
    expect(own.tokenId).toBe(7);
    expect(own.logprob).toBeCloseTo(logits[7]! - logTotal, 9);
    const sorted = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]!);
    expect(top.map(({ tokenId }) => tokenId)).toEqual(sorted.slice(0, 5));
    for (const { tokenId, logprob } of top) expect(logprob).toBeCloseTo(logits[tokenId]! - logTotal, 9);
  });

  it("lists no other token when none is asked for, and all of a small vocabulary", () => {
    const logits = Float32Array.from([0, 0]);
    expect(new Sampler(2).logprobs(logits, 1, 0)).toEqual({ drawn: { tokenId: 1, logprob: Math.log(0.5) }, top: [] });
    expect(new Sampler(2).logprobs(logits, 0, 20).top.map(({ tokenId }) => tokenId)).toEqual([0, 1]);
  });
});

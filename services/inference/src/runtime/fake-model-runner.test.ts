import { describe, expect, it } from "vitest";
import type { StepPlan } from "../engine/step-plan.ts";
import { FakeModelRunner } from "./fake-model-runner.fixture.ts";

const prefill = (row: number, tokenIds: number[], numComputedTokens = 0, wantsLogits = true): StepPlan => ({
  type: "prefill",
  moves: [],
  row,
  numComputedTokens,
  tokenIds,
  wantsLogits,
});

const decode = (...entries: [numComputedTokens: number, tokenId: number][]): StepPlan => ({
  type: "decode",
  moves: [],
  entries: entries.map(([numComputedTokens, tokenId]) => ({ numComputedTokens, tokenId })),
});

const argmax = (logits: Float32Array) => logits.indexOf(Math.max(...logits));

describe("FakeModelRunner", () => {
  it("says what it is told, by the row's own prompt and reply", async () => {
    const runner = new FakeModelRunner({ next: (prompt, reply) => prompt.length * 10 + reply.length });
    expect(argmax(await runner.run(prefill(0, [5, 6, 7])))).toBe(30);
    expect(argmax(await runner.run(decode([3, 30])))).toBe(31);
  });

  it("gives logits that depend on the tokens of the row alone", () => {
    const tokens = [1, 2, 3];
    const [one, other] = [new FakeModelRunner(), new FakeModelRunner()];
    const whole = Array.from(one.pass(prefill(0, tokens)));
    expect(other.pass(prefill(2, [1, 2], 0, false))).toHaveLength(0);
    expect(Array.from(other.pass(prefill(2, [3], 2)))).toEqual(whole);
    expect(Array.from(other.pass(prefill(1, [1, 2, 4])))).not.toEqual(whole);
  });

  it("moves rows", () => {
    const runner = new FakeModelRunner({ next: (prompt) => prompt[0]! });
    runner.pass(prefill(2, [9, 8]));
    const plan = { ...decode([2, 1]), moves: [{ from: 2, to: 0, length: 2 }] };
    expect(argmax(runner.pass(plan))).toBe(9);
  });

  it.each<[string, StepPlan[], RegExp]>([
    ["a decode step without entries", [decode()], /without entries/],
    ["decoding an empty row", [decode([0, 1])], /decodes without a prompt/],
    ["a wrong count of computed tokens", [prefill(0, [1, 2]), decode([3, 1])], /holds 2 positions, the plan says 3/],
    ["a chunk in the wrong place", [prefill(0, [1, 2]), prefill(0, [3], 1)], /holds 2 positions, the plan says 1/],
    ["an empty chunk", [prefill(0, [])], /empty chunk/],
    ["a hole", [prefill(0, [1]), prefill(2, [1]), decode([1, 1], [1, 1])], /row 1 holds 0 positions/],
    ["a row beyond the last", [prefill(4, [1])], /row 4 is not one of 4/],
    ["a token beyond the vocabulary", [prefill(0, [256])], /token 256/],
    ["too long a row", [prefill(0, new Array(65).fill(1))], /row 0 is over 64/],
    ["a short move", [prefill(1, [1, 2]), { ...decode([1, 1]), moves: [{ from: 1, to: 0, length: 1 }] }], /holds 2/],
    ["a move to itself", [prefill(0, [1]), { ...decode([1, 1]), moves: [{ from: 0, to: 0, length: 1 }] }], /to itself/],
  ])("refuses %s", (_name, plans, message) => {
    const runner = new FakeModelRunner();
    expect(() => plans.map((plan) => runner.pass(plan))).toThrow(message);
  });

  it("refuses two passes at once, a pass after close and a close during a pass", async () => {
    const runner = new FakeModelRunner();
    const pass = runner.run(prefill(0, [1]));
    await expect(runner.run(prefill(1, [1]))).rejects.toThrow("in flight");
    expect(() => runner.close()).toThrow("in flight");
    await pass;
    runner.close();
    await expect(runner.run(prefill(0, [1]))).rejects.toThrow("after close");
  });

  it("waits for the test that holds a pass", async () => {
    let open = () => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const runner = new FakeModelRunner({ beforeRun: () => held });
    const pass = runner.run(prefill(0, [1]));
    expect(runner.plans).toEqual([]);
    open();
    expect(await pass).toHaveLength(256);
  });
});

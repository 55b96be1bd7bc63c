import { describe, expect, it } from "vitest";
import { createGate } from "../gate.fixture.ts";
import { FakeBlocks } from "./fake-blocks.fixture.ts";
import { FakeModelRunner } from "./fake-model-runner.fixture.ts";
import type { StepPlan } from "./step-plan.ts";

const prefill = (row: number, tokenIds: number[], numComputedTokens = 0, numLogits = 1): StepPlan => ({
  moves: [],
  rows: [{ row, numComputedTokens, tokenIds, numLogits }],
});

const decode = (...entries: [numComputedTokens: number, tokenId: number][]): StepPlan => ({
  moves: [],
  rows: entries.map(([numComputedTokens, tokenId], row) => ({
    row,
    numComputedTokens,
    tokenIds: [tokenId],
    numLogits: 1,
  })),
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
    expect(other.pass(prefill(2, [1, 2], 0, 0))).toHaveLength(0);
    expect(Array.from(other.pass(prefill(2, [3], 2)))).toEqual(whole);
    expect(Array.from(other.pass(prefill(1, [1, 2, 4])))).not.toEqual(whole);
  });

  it("gives logits of several positions, as of each alone, and computes them anew after refused drafts", () => {
    const [one, other] = [new FakeModelRunner(), new FakeModelRunner()];
    for (const runner of [one, other]) runner.pass(prefill(0, [1, 2]));
    const together = Array.from(one.pass(prefill(0, [3, 4, 5], 2, 3)));
    const alone = [3, 4, 5].flatMap((tokenId, i) => Array.from(other.pass(prefill(0, [tokenId], 2 + i))));
    expect(together).toEqual(alone);
    const after = new FakeModelRunner();
    for (const plan of [prefill(0, [1, 2]), prefill(0, [3], 2)]) after.pass(plan);
    expect(one.pass(prefill(0, [9], 3))).toEqual(after.pass(prefill(0, [9], 3)));
  });

  it("goes on after what a row holds of another sequence", () => {
    const [one, other] = [new FakeModelRunner(), new FakeModelRunner()];
    one.pass(prefill(0, [1, 2, 3, 4]));
    other.pass(prefill(0, [1, 2]));
    expect(one.pass(prefill(0, [7, 8], 2))).toEqual(other.pass(prefill(0, [7, 8], 2)));
  });

  it("copies blocks out of rows and into others", () => {
    const prefixCache = new FakeBlocks(2, 4);
    const [one, other] = [new FakeModelRunner({ prefixCache }), new FakeModelRunner()];
    const place = { row: 0, start: 0, length: 2, key: "s:1,2;" };
    one.pass(prefill(0, [1, 2, 3], 0, 0));
    one.pass({ ...prefill(0, [4], 3, 0), saves: [{ ...place, parent: undefined }] });
    const loaded = one.pass({ ...prefill(1, [5], 2), loads: [{ ...place, row: 1 }] });
    expect(loaded).toEqual(other.pass(prefill(0, [1, 2, 5])));
  });

  it("moves rows", () => {
    const runner = new FakeModelRunner({ next: (prompt) => prompt[0]! });
    runner.pass(prefill(2, [9, 8]));
    const plan = { ...decode([2, 1]), moves: [{ from: 2, to: 0, length: 2 }] };
    expect(argmax(runner.pass(plan))).toBe(9);
  });

  it.each<[string, StepPlan[], RegExp]>([
    ["a pass without rows", [decode()], /without rows/],
    [
      "several new tokens in one of two rows",
      [{ ...decode(), rows: [...prefill(0, [1, 2]).rows, ...prefill(1, [1]).rows] }],
      /row 0 has 2 new tokens/,
    ],
    [
      "rows with a gap between them",
      [{ ...decode(), rows: [...prefill(0, [1]).rows, ...prefill(2, [1]).rows] }],
      /row 2 follows row 0/,
    ],
    ["more logits than tokens", [prefill(0, [1], 0, 2)], /row 0 wants 2 logits; it may have 1/],
    ["a wrong count of computed tokens", [prefill(0, [1, 2]), decode([3, 1])], /holds 2 positions, the plan says 3/],
    ["a chunk in the wrong place", [prefill(0, [1, 2]), prefill(0, [3], 4)], /holds 2 positions, the plan says 4/],
    ["an empty chunk", [prefill(0, [])], /row 0 has no new tokens/],
    ["a hole", [prefill(0, [1]), prefill(2, [1]), decode([1, 1], [1, 1])], /row 1 holds 0 positions/],
    ["a row beyond the last", [prefill(4, [1])], /row 4 is not one of 4/],
    ["a token beyond the vocabulary", [prefill(0, [256])], /token 256/],
    [
      "to save what the pass writes over",
      [
        prefill(0, [1, 2]),
        { ...prefill(0, [9], 1), saves: [{ row: 0, start: 0, length: 2, key: "k", parent: undefined }] },
      ],
      /writes to row 0 where a block is copied/,
    ],
    ["a block it has not", [{ ...prefill(0, [9], 2), loads: [{ row: 0, start: 0, length: 2, key: "k" }] }], /not kept/],
    ["too long a row", [prefill(0, new Array(65).fill(1))], /row 0 is over 64/],
    ["a long move", [prefill(1, [1]), { ...decode([1, 1]), moves: [{ from: 1, to: 0, length: 2 }] }], /holds 1/],
    ["a move to itself", [prefill(0, [1]), { ...decode([1, 1]), moves: [{ from: 0, to: 0, length: 1 }] }], /to itself/],
  ])("refuses %s", (_name, plans, message) => {
    const runner = new FakeModelRunner({ prefixCache: new FakeBlocks(2, 4) });
    expect(() => plans.map((plan) => runner.pass(plan))).toThrow(message);
  });

  it("refuses two passes at once, a pass after close and a close during a pass", async () => {
    const runner = new FakeModelRunner();
    const pass = runner.run(prefill(0, [1]));
    await expect(runner.run(prefill(1, [1]))).rejects.toThrow("in flight");
    await expect(runner.close()).rejects.toThrow("in flight");
    await pass;
    await runner.close();
    await expect(runner.run(prefill(0, [1]))).rejects.toThrow("after close");
  });

  it("waits for the test that holds a pass", async () => {
    const { opened, open } = createGate();
    const runner = new FakeModelRunner({ beforeRun: () => opened });
    const pass = runner.run(prefill(0, [1]));
    expect(runner.plans).toEqual([]);
    open();
    expect(await pass).toHaveLength(256);
  });
});

import { describe, expect, it } from "vitest";
import { FakeBlocks } from "../fake-blocks.fixture.ts";
import { characterModel, fakeRequest } from "../fake-requests.fixture.ts";
import { Sequence } from "../sequence.ts";
import { SlotAllocator } from "./slot-allocator.ts";

const BLOCK_TOKENS = 4;

/** Blocks that count the keys that are made. */
class CountingBlocks extends FakeBlocks {
  numKeysMade = 0;

  override nextKey(key: string, tokenIds: readonly number[]): string {
    this.numKeysMade++;
    return super.nextKey(key, tokenIds);
  }
}

function setup({ maxNumSeqs = 3, maxBlocks = 100 } = {}) {
  const prefixCache = new FakeBlocks(BLOCK_TOKENS, maxBlocks);
  const slots = new SlotAllocator({ maxNumSeqs, prefixCache });

  /** Gives a sequence its row and computes it whole, its blocks saved as far as there is room. */
  function run(promptTokenIds: readonly number[], cacheSalt = "") {
    const request = fakeRequest({ promptTokenIds, cacheSalt });
    const sequence = new Sequence({ request, model: characterModel, maxModelLen: 64, now: 0 });
    const { numCachedTokens, loads } = slots.take(sequence);
    sequence.numComputedTokens = promptTokenIds.length;
    const keys = slots.saves().map((save) => {
      prefixCache.save(save, promptTokenIds.slice(save.start, save.start + save.length));
      return save.key;
    });
    const row = slots.row(sequence);
    return {
      row,
      numCachedTokens,
      loaded: loads.map(({ start }) => start),
      keys,
      invalidate: () => slots.invalidate(sequence),
      end: () => slots.free(sequence),
    };
  }

  /** The same, and lets it end. */
  function pass(promptTokenIds: readonly number[], cacheSalt?: string) {
    const { end, invalidate, keys, ...rest } = run(promptTokenIds, cacheSalt);
    end();
    return rest;
  }

  return { prefixCache, run, pass };
}

const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

describe("SlotAllocator", () => {
  it("takes rows that hold nothing first, then the one freed first", () => {
    const { pass } = setup();
    const rows = ["aaaaa", "bbbbb", "ccccc", "ddddd", "eeeee"].map((text) => pass(letters(text)).row);
    expect(rows).toEqual([0, 1, 2, 0, 1]);
  });

  it("makes the key of each of a prompt's blocks once", () => {
    const prefixCache = new CountingBlocks(BLOCK_TOKENS, 100);
    const slots = new SlotAllocator({ maxNumSeqs: 2, prefixCache });
    const request = fakeRequest({ promptTokenIds: letters("what a long prompt!") });
    const sequence = new Sequence({ request, model: characterModel, maxModelLen: 64, now: 0 });
    slots.take(sequence);
    sequence.numComputedTokens = sequence.numPromptTokens;
    expect(slots.saves()).toHaveLength(4);
    slots.free(sequence);
    expect(prefixCache.numKeysMade).toBe(4);
  });

  it("takes the row that holds most of the prompt, and leaves the last two tokens to compute", () => {
    const { pass } = setup({ maxBlocks: 0 });
    pass(letters("hello"));
    pass(letters("help me"));
    expect(pass(letters("help me now"))).toEqual({ row: 1, numCachedTokens: 7, loaded: [] });
    expect(pass(letters("hello"))).toEqual({ row: 0, numCachedTokens: 3, loaded: [] });
  });

  it("keeps nothing of a row that is taken for want of another, so that the sequence may yet begin elsewhere", () => {
    const { pass } = setup({ maxNumSeqs: 1 });
    pass(letters("hello world"));
    expect(pass(letters("help"))).toEqual({ row: 0, numCachedTokens: 0, loaded: [] });
  });

  it("prefers a row to blocks, and copies only those that the row has not", () => {
    const { pass, run } = setup();
    pass(letters("once upon a time"));
    expect(pass(letters("once upon a time there"))).toEqual({ row: 0, numCachedTokens: 16, loaded: [] });
    const busy = run(letters("once upon a time there was"));
    expect([busy.row, busy.numCachedTokens]).toEqual([0, 22]);
    expect(pass(letters("once upon a time there is"))).toEqual({
      row: 1,
      numCachedTokens: 20,
      loaded: [0, 4, 8, 12, 16],
    });
    busy.end();
  });

  it("does not throw away a long row for a short beginning that the store has", () => {
    const { pass } = setup({ maxNumSeqs: 2 });
    pass(letters("persona, and a long conversation"));
    expect(pass(letters("persona, hi"))).toEqual({ row: 1, numCachedTokens: 8, loaded: [0, 4] });
    expect(pass(letters("persona, and a long conversation, and more"))).toMatchObject({ row: 0, numCachedTokens: 32 });
  });

  it("throws it away where the store has not got that beginning, for a block or more", () => {
    const { pass } = setup({ maxNumSeqs: 2, maxBlocks: 0 });
    pass(letters("persona, and a long conversation"));
    expect(pass(letters("persona, hi"))).toEqual({ row: 0, numCachedTokens: 9, loaded: [] });
    expect(pass(letters("per se, a long conversation")).row).toBe(1);
  });

  it("saves each whole block once, whoever holds it", () => {
    const { run } = setup();
    const first = run(letters("once upon a"));
    expect(first.keys).toHaveLength(2);
    expect(run(letters("once upon the")).keys).toHaveLength(1);
    first.end();
    expect(run(letters("once upon a")).keys).toEqual([]);
  });

  it("saves nothing where there is no room for a block", () => {
    const { run } = setup({ maxBlocks: 0 });
    expect(run(letters("once upon a time")).keys).toEqual([]);
  });

  it("forgets all that a sequence in doubt may have written: its row, its blocks, and rows that begin as it does", () => {
    const { run, pass, prefixCache } = setup({ maxNumSeqs: 4 });
    pass(letters("once more"));
    pass(letters("else where"));
    const doubtful = run(letters("once upon"));
    const following = run(letters("once upon a time"));
    expect(following.loaded).toEqual([0, 4]);
    doubtful.invalidate();
    doubtful.end();
    following.end();
    expect(prefixCache.size).toBe(2);
    expect(pass(letters("once upon a time")).numCachedTokens).toBe(0);
    expect(pass(letters("else where")).numCachedTokens).toBe(8);
  });

  it("keeps the blocks of others where one in doubt has none itself", () => {
    const { run, pass } = setup();
    pass(letters("once upon"));
    const doubtful = run(letters("on"));
    doubtful.invalidate();
    doubtful.end();
    expect(pass(letters("once upon")).numCachedTokens).toBe(7);
    expect(pass(letters("only")).numCachedTokens).toBe(0);
  });

  it("finds nothing under another salt", () => {
    const { pass } = setup();
    pass(letters("once upon a time"), "a");
    expect(pass(letters("once upon a time"), "b")).toEqual({ row: 1, numCachedTokens: 0, loaded: [] });
    expect(pass(letters("once upon a time"), "a")).toEqual({ row: 0, numCachedTokens: 14, loaded: [] });
  });

  it("lets a sequence that has not begun make place for one that decodes", () => {
    const slots = new SlotAllocator({ maxNumSeqs: 4 });
    const [first, waiting, last] = [9, 8, 3].map((numComputedTokens, i) => {
      const sequence = new Sequence({ request: fakeRequest(), model: characterModel, maxModelLen: 64, now: 0 });
      slots.take(sequence);
      sequence.status = i === 1 ? "prefill" : "decode";
      sequence.numComputedTokens = i === 1 ? 0 : numComputedTokens;
      return sequence;
    });
    const { moves, rows } = slots.decodeSlots();
    expect(moves).toEqual([{ from: 2, to: 1, length: 3 }]);
    expect(rows.map(({ sequence }) => sequence)).toEqual([first, last]);
    expect([first, last, waiting].map((sequence) => slots.row(sequence!))).toEqual([0, 1, 2]);
    waiting!.numComputedTokens = 1;
    waiting!.status = "decode";
    expect(slots.decodeSlots().moves).toEqual([]);
  });

  it("lets a sequence begin next to those that run, in the place of one that has not begun or in a row that holds nothing", () => {
    const slots = new SlotAllocator({ maxNumSeqs: 6 });
    const sequences = Array.from({ length: 5 }, () => {
      const sequence = new Sequence({ request: fakeRequest(), model: characterModel, maxModelLen: 64, now: 0 });
      slots.take(sequence);
      sequence.status = "prefill";
      return sequence;
    });
    const rows = () => sequences.map((sequence) => slots.row(sequence));
    const begin = (index: number) => {
      slots.begin(sequences[index]!);
      sequences[index]!.numComputedTokens = 2;
      return rows();
    };
    expect(begin(4)).toEqual([4, 1, 2, 3, 0]);
    expect(begin(2)).toEqual([4, 2, 1, 3, 0]);
    expect(begin(2)).toEqual([4, 2, 1, 3, 0]);
    slots.free(sequences[4]!);
    sequences.splice(4);
    expect(begin(3)).toEqual([4, 2, 1, 0]);
    expect(begin(0)).toEqual([2, 4, 1, 0]);
  });

  it("lets one that has begun stay, and its row run idle", () => {
    const slots = new SlotAllocator({ maxNumSeqs: 3 });
    for (const status of ["decode", "prefill", "decode"] as const) {
      const sequence = new Sequence({ request: fakeRequest(), model: characterModel, maxModelLen: 64, now: 0 });
      slots.take(sequence);
      Object.assign(sequence, { status, numComputedTokens: 2 });
    }
    const { moves, rows } = slots.decodeSlots();
    expect(moves).toEqual([]);
    expect(rows.map(({ sequence }) => sequence?.status)).toEqual(["decode", undefined, "decode"]);
  });
});

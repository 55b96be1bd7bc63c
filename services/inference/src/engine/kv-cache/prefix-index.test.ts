import { describe, expect, it } from "vitest";
import { type BlockIndex, numCommonTokens, numKnownBlocks, PrefixChain } from "./prefix-index.ts";

const BLOCK_TOKENS = 32;
const index: BlockIndex = {
  blockTokens: BLOCK_TOKENS,
  maxBlocks: 9,
  rootKey: (salt) => `${salt}:`,
  nextKey: (key, tokenIds) => `${key}${tokenIds.length}@${tokenIds[0]} `,
  has: (key) => key === "s:32@0 ",
  touch: () => {},
  forget: () => {},
};
const tokens = Array.from({ length: 3 * BLOCK_TOKENS }, (_, i) => i);

describe("PrefixChain", () => {
  it("has a key for each whole block, made of all before it", () => {
    const chain = new PrefixChain(index, "s");
    expect(chain.keys(tokens, BLOCK_TOKENS - 1)).toEqual([]);
    expect(chain.keys(tokens, BLOCK_TOKENS)).toEqual(["s:32@0 "]);
    expect(chain.keys(tokens, 2 * BLOCK_TOKENS + 5)).toEqual(["s:32@0 ", "s:32@0 32@32 "]);
    expect(chain.keys(tokens, BLOCK_TOKENS)).toEqual(["s:32@0 "]);
  });

  it("makes each key once, as its tokens grow", () => {
    let made = 0;
    const counting = { ...index, nextKey: (key: string) => `${key}${++made}` };
    const chain = new PrefixChain(counting, "s");
    for (let length = 0; length <= tokens.length; length++) chain.keys(tokens, length);
    expect(made).toBe(3);
  });
});

describe("numKnownBlocks", () => {
  it("counts from the first block on", () => {
    expect(numKnownBlocks(index, [])).toBe(0);
    expect(numKnownBlocks(index, ["s:32@0 ", "x"])).toBe(1);
    expect(numKnownBlocks(index, ["x", "s:32@0 "])).toBe(0);
    expect(numKnownBlocks(index, ["s:32@0 "])).toBe(1);
  });
});

describe("numCommonTokens", () => {
  it("counts what two lists begin with alike", () => {
    expect(numCommonTokens([1, 2, 3], [1, 2, 4, 5])).toBe(2);
    expect(numCommonTokens([1, 2], [1, 2, 4])).toBe(2);
    expect(numCommonTokens([], [1])).toBe(0);
  });
});

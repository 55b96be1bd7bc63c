import { describe, expect, it } from "vitest";
import { createTokenizer } from "../../text/hf-tokenizer.ts";
import type { TokenizerConfig } from "../../text/special-tokens.ts";
import { buildTokenizer } from "./tokenizer-json.ts";

type Entry = string | number | boolean | string[] | number[] | undefined;

const TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "h", "i", "hi", "<s>"];

/** The tokenizer of a file with these metadata beside those of a tiny vocabulary. */
function build(overrides: Readonly<Record<string, Entry>> = {}) {
  const metadata: Record<string, Entry> = {
    model: "gpt2",
    pre: "smollm",
    tokens: TOKENS,
    token_type: [3, 3, 3, 1, 1, 1, 1],
    merges: ["h i"],
    eos_token_id: 0,
    ...overrides,
  };
  const known = Object.entries(metadata).filter(([, value]) => value !== undefined);
  const built = buildTokenizer(new Map(known.map(([key, value]) => [`tokenizer.ggml.${key}`, value!])), 64);
  const config = built.tokenizerConfig as TokenizerConfig;
  return { ...built, text: createTokenizer({ tokenizer: built.tokenizer, config, configs: [] }) };
}

describe("buildTokenizer", () => {
  it.each([
    ["control", [3, 3, 3, 1, 1, 1, 1]],
    ["normal", [3, 3, 1, 1, 1, 1, 1]],
    ["user-defined", [3, 3, 4, 1, 1, 1, 1]],
    ["no", undefined],
  ])("ends replies at a turn's end of %s type beside the file's own end of text", (_, types) => {
    const { eosTokenIds, text } = build({ token_type: types });
    expect(eosTokenIds).toEqual([0, 2]);
    expect(text.eosTokenIds).toEqual([0, 2]);
    expect(text.encode("<|im_start|>hi<|im_end|>")).toEqual([1, 5, 2]);
    expect([1, 5, 2].map((id) => text.tokenBytes(id).length)).toEqual([0, 2, 0]);
  });

  it("takes tokens that the file names, and such as look like control tokens, for that where it tells no types", () => {
    const { text } = build({ token_type: undefined, bos_token_id: 6, unknown_token_id: 3 });
    expect(text.encode("<s>hi")).toEqual([6, 5]);
    expect(text.tokenBytes(3)).toHaveLength(1);
  });

  it("lets a file end replies at what it names alone", () => {
    expect(build({ tokens: ["<end>", "h", "i", "hi"], token_type: [3, 1, 1, 1] }).eosTokenIds).toEqual([0]);
    const tokens = { tokens: ["a", "h", "i", "hi"], token_type: [1, 1, 1, 1], eos_token_id: undefined };
    expect(() => build(tokens)).toThrow(/names no token that ends a text/);
  });
});

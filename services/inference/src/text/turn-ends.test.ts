import { describe, expect, it } from "vitest";
import { tokenizerFile } from "./tokenizer-file.ts";
import { turnEndsOf, withControlTokens } from "./turn-ends.ts";

interface Parts {
  readonly merges?: readonly string[];
  readonly added?: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[];
}

/** A tokenizer.json with these tokens. */
function file(tokens: readonly string[], { merges = [], added = [] }: Parts = {}) {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return tokenizerFile({ model: { type: "BPE", vocab, merges }, added_tokens: added });
}

describe("turnEndsOf", () => {
  it.each(["<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>", "</s>", "<｜end▁of▁sentence｜>"])(
    "knows %s wherever it stands, whatever its type",
    (token) => {
      expect(turnEndsOf(file(["a", token]))).toEqual([token]);
      expect(turnEndsOf(file(["a"], { added: [{ id: 1, content: token }] }))).toEqual([token]);
      expect(turnEndsOf(file(["a"], { added: [{ id: 1, content: token, special: true }] }))).toEqual([token]);
    },
  );

  it("takes no other token for an end, not even what an object inherits", () => {
    expect(turnEndsOf(file(["a", "<|im_start|>", "<|assistant|>", "</think>", "<tool_call>", "end"]))).toEqual([]);
  });

  it("takes <|end|> for the end of a message where another token ends the turn", () => {
    expect(turnEndsOf(file(["<|end|>", "<|return|>", "<|call|>"]))).toEqual(["<|return|>", "<|call|>"]);
  });

  it("takes </s> for HTML where merges make it or other tags are tokens", () => {
    expect(turnEndsOf(file(["</", "s>", "</s>", "<|im_end|>"], { merges: ["</ s>"] }))).toEqual(["<|im_end|>"]);
    expect(turnEndsOf(file(["<eos>", "<b>", "</b>", "<s>", "</s>"]))).toEqual(["<eos>"]);
  });
});

describe("withControlTokens", () => {
  it("makes tokens of the vocabulary, and added ones that are text, control tokens", () => {
    const added = [{ id: 2, content: "<|im_end|>", special: false }];
    const { added_tokens } = withControlTokens(file(["a", "<|end|>"], { added }), ["<|end|>", "<|im_end|>"]);
    expect(added_tokens).toEqual([
      { id: 2, content: "<|im_end|>", special: true },
      { id: 1, content: "<|end|>", special: true },
    ]);
  });
});

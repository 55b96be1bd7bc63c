import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import cases from "./fixtures/tokenizer-ids.json" with { type: "json" };
import { buildTokenizer } from "./tokenizer-json.ts";

/** Made by this import; its vocabulary serves all pre-tokenizers here. */
const BUNDLED = new URL("../../../../../models/smollm2-135m/", import.meta.url);
const bundled = JSON.parse(readFileSync(new URL("tokenizer.json", BUNDLED), "utf8")) as {
  readonly model: { readonly vocab: Record<string, number>; readonly merges: string[] };
  readonly added_tokens: readonly { readonly content: string }[];
};

/** A tokenizer of the bundled vocabulary, as the import of a file with this pre-tokenizer writes it. */
function tokenizerFor(pre: string): Tokenizer {
  const control = new Set(bundled.added_tokens.map(({ content }) => content));
  // By id: an object lists keys that look like numbers first.
  const tokens = Object.entries(bundled.model.vocab)
    .sort(([, a], [, b]) => a - b)
    .map(([token]) => token);
  const metadata = new Map<string, string | number | boolean | string[] | number[]>([
    ["tokenizer.ggml.model", "gpt2"],
    ["tokenizer.ggml.pre", pre],
    ["tokenizer.ggml.tokens", tokens],
    ["tokenizer.ggml.token_type", tokens.map((token) => (control.has(token) ? 3 : 1))],
    ["tokenizer.ggml.merges", bundled.model.merges],
    ["tokenizer.ggml.bos_token_id", 1],
    ["tokenizer.ggml.eos_token_id", 2],
    ["tokenizer.ggml.add_bos_token", false],
  ]);
  const { tokenizer, tokenizerConfig } = buildTokenizer(metadata, 8192);
  return new Tokenizer(tokenizer, tokenizerConfig);
}

describe.each(["smollm", "gpt-2", "llama-bpe", "qwen2"] as const)("a tokenizer with the pre-tokenizer %s", (pre) => {
  const tokenizer = tokenizerFor(pre);

  it.each(cases)("encodes $text as the reference does", ({ text, ids }) => {
    expect(tokenizer.encode(text, { add_special_tokens: false }).ids).toEqual(ids[pre]);
  });

  it("gives every text back", () => {
    for (const { text, ids } of cases.filter(({ text }) => text !== "")) {
      const expected = pre === "qwen2" ? text.normalize("NFC") : text;
      expect(tokenizer.decode(ids[pre], { clean_up_tokenization_spaces: false })).toBe(expected);
    }
  });
});

describe("the bundled model's tokenizer", () => {
  const config = JSON.parse(readFileSync(new URL("tokenizer_config.json", BUNDLED), "utf8"));
  const tokenizer = new Tokenizer(bundled, config);

  it.each(cases)("encodes $text as the reference does", ({ text, ids }) => {
    expect(tokenizer.encode(text, { add_special_tokens: false }).ids).toEqual(ids.smollm);
  });
});

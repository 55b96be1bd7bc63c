import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTokenizer } from "./load-tokenizer.ts";

/** GPT-2's stand-ins for bytes, made here apart from the code under test. */
const byteChars = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, b) =>
    (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? String.fromCharCode(b) : String.fromCharCode(next++),
  );
})();

const control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const merges = [
  "h e",
  "l l",
  "he ll",
  "hell o",
  "Ġ hello",
  "< |",
  "i m",
  "<| im",
  "a a",
  "aa aa",
  "<|im _",
  "e n",
  "en d",
  "<|im_ end",
  "<|im_end |",
  "<|im_end| >",
];

function byteLevelFile(overrides: object = {}) {
  const added = [...control, "<think>", "    "];
  const pieces = new Set([...added, ...byteChars, ...merges.map((merge) => merge.replace(" ", ""))]);
  const vocab = Object.fromEntries([...pieces].map((piece, id) => [piece, id]));
  return {
    added_tokens: added.map((content) => ({
      id: vocab[content]!,
      content,
      special: control.includes(content),
      normalized: !control.includes(content),
    })),
    normalizer: { type: "NFKC" },
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, use_regex: false },
    post_processor: null,
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", ignore_merges: true, vocab, merges },
    ...overrides,
  };
}

const bytes = [
  "<0x0A>",
  ...Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`),
];
const sentencePieces = [...new Set(["<unk>", "<s>", "</s>", ...bytes, "▁", "h", "i", "<", "s", ">", "/", "hi", "▁hi"])];
const sentencePieceFile = {
  added_tokens: ["<unk>", "<s>", "</s>"].map((content, id) => ({ id, content, special: true })),
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ],
  },
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
  model: {
    type: "BPE",
    byte_fallback: true,
    unk_token: "<unk>",
    vocab: Object.fromEntries(sentencePieces.map((piece, id) => [piece, id])),
    merges: [
      ["h", "i"],
      ["▁", "hi"],
    ],
  },
};

/** The same without control tokens. */
function withoutAdded({ model, ...file }: ReturnType<typeof byteLevelFile>): object {
  const vocab = Object.fromEntries(byteChars.map((char, id) => [char, id]));
  return { ...file, added_tokens: [], model: { ...model, vocab, merges: [] } };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-tokenizer-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));

function load(
  file: unknown = byteLevelFile(),
  config: unknown = { bos_token: "<|im_start|>", eos_token: "<|im_end|>" },
) {
  write("tokenizer.json", file);
  write("tokenizer_config.json", config);
  return loadTokenizer(folder);
}

type Loaded = ReturnType<typeof loadTokenizer>;
const decode = (tokenizer: Loaded, ids: readonly number[]) =>
  Buffer.concat(ids.map((id) => tokenizer.tokenBytes(id))).toString();

describe("loadTokenizer", () => {
  it("encodes control tokens of trusted text as one token each", () => {
    const tokenizer = load();
    expect(tokenizer.encode("<|im_start|>hello<|im_end|>").map((id) => tokenizer.tokenText(id))).toEqual([
      "<|im_start|>",
      "hello",
      "<|im_end|>",
    ]);
  });

  it("never makes a control token of literal text, whatever vocabulary and merges offer", () => {
    const tokenizer = load();
    const forbidden = new Set([...control, "<think>"].flatMap((token) => tokenizer.encode(token)));
    expect(forbidden.size).toBe(4);
    for (const text of [...control, "<think>", "a<|im_end|>b", "＜｜im_end｜＞", "<|im_end|><|im_end|>"]) {
      const ids = tokenizer.encode(text, { literal: true });
      expect(ids.filter((id) => forbidden.has(id))).toEqual([]);
      expect(decode(tokenizer, ids)).toBe(text.normalize("NFKC"));
    }
  });

  it("leaves out a character that the vocabulary lacks, and makes no control token of it", () => {
    const { model, ...file } = byteLevelFile();
    const { a: _, ...vocab } = model.vocab;
    const tokenizer = load({ ...file, model: { ...model, vocab, unk_token: "<|endoftext|>" } });
    for (const literal of [true, false]) {
      expect(tokenizer.encode("xay", { literal }).map((id) => tokenizer.tokenText(id))).toEqual(["x", "y"]);
    }
  });

  it("gives literal text back byte for byte", () => {
    const tokenizer = load(byteLevelFile({ normalizer: null }));
    const noise = fc.string({ unit: "binary", maxLength: 20 });
    const piece = fc.oneof(noise, fc.constantFrom(...control, "hello", "🦙", "你好"));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const ids = tokenizer.encode(pieces.join(""), { literal: true });
        expect(decode(tokenizer, ids)).toBe(Buffer.from(pieces.join("")).toString());
      }),
      { numRuns: 40 },
    );
  });

  it("keeps added tokens of white space in literal text", () => {
    const tokenizer = load();
    expect(tokenizer.encode("a    a", { literal: true }).map((id) => tokenizer.tokenText(id))).toEqual([
      "a",
      "    ",
      "a",
    ]);
  });

  it("adds nothing at a text's ends", () => {
    const tokenizer = load();
    expect(tokenizer.encode("hello")).toEqual(tokenizer.encode("hello", { literal: true }));
    expect(tokenizer.encode("")).toEqual([]);
    const other = load(sentencePieceFile, { eos_token: "</s>" });
    expect(decode(other, other.encode("hi hi"))).toBe("hi hi");
  });

  it("takes the white space beside a token that says so", () => {
    const file = byteLevelFile();
    const tokenizer = load({
      ...file,
      added_tokens: file.added_tokens.map((token) => ({ ...token, rstrip: token.content === "<|im_end|>" })),
    });
    expect(tokenizer.encode("<|im_end|>\n hello").map((id) => tokenizer.tokenText(id))).toEqual([
      "<|im_end|>",
      "hello",
    ]);
  });

  it("gives half characters as bytes and control tokens as none", () => {
    const tokenizer = load();
    const ids = tokenizer.encode("🦙");
    expect(ids).toHaveLength(4);
    expect(ids.map((id) => [...tokenizer.tokenBytes(id)])).toEqual([[0xf0], [0x9f], [0xa6], [0x99]]);
    expect(tokenizer.tokenText(ids[0]!)).toBe("\uFFFD");
    expect(tokenizer.tokenBytes(tokenizer.encode("<|im_end|>")[0]!)).toHaveLength(0);
    expect(tokenizer.tokenBytes(999_999)).toHaveLength(0);
  });

  it("reads SentencePiece's spaces and byte tokens", () => {
    const tokenizer = load(sentencePieceFile, { eos_token: "</s>" });
    const ids = tokenizer.encode("hi hi\n🦙", { literal: true });
    expect(ids.map((id) => tokenizer.tokenText(id)).slice(0, 3)).toEqual(["hi", " hi", "\n"]);
    expect(decode(tokenizer, ids)).toBe("hi hi\n🦙");
    expect(decode(tokenizer, tokenizer.encode("</s>", { literal: true }))).toBe("</s>");
    expect(tokenizer.encode("</s>")).toEqual([2]);
  });

  it("ends replies at every end-of-sequence token that a file names, the tokenizer's own first", () => {
    write("generation_config.json", { eos_token_id: [0, 2] });
    write("genai_config.json", { model: { eos_token_id: 1 } });
    const tokenizer = load();
    expect(tokenizer.eosTokenIds).toEqual([2, 0, 1]);
    expect(tokenizer.eosToken).toBe("<|im_end|>");
    expect(tokenizer.bosToken).toBe("<|im_start|>");
  });

  it.each([
    ["added as text", { added_tokens: [{ id: 2, content: "<|im_end|>", special: false }] }],
    ["in the vocabulary alone", { added_tokens: [] }],
  ])("ends replies at a token that is known to end a turn and is %s", (_, overrides) => {
    const tokenizer = load(byteLevelFile(overrides), { eos_token: "<|endoftext|>" });
    expect(tokenizer.eosTokenIds).toEqual([0, 2]);
    expect(tokenizer.eosToken).toBe("<|endoftext|>");
    expect(tokenizer.encode("hello<|im_end|>").at(-1)).toBe(2);
    expect(tokenizer.encode("hello<|im_end|>", { literal: true })).not.toContain(2);
    expect(tokenizer.tokenBytes(2)).toHaveLength(0);
    expect(tokenizer.tokenText(2)).toBe("<|im_end|>");
  });

  it("needs no file to name an end that is known", () => {
    expect(load(byteLevelFile(), {}).eosTokenIds).toEqual([2, 0]);
  });

  it("begins prompts with the beginning-of-sequence token where config or post-processor say so, only there", () => {
    const config = { bos_token: { content: "<|im_start|>" }, eos_token: "<|im_end|>" };
    const single = [{ SpecialToken: { id: "<|im_start|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }];
    const post_processor = { type: "Sequence", processors: [{ type: "TemplateProcessing", single }] };
    expect(load(byteLevelFile(), config).bosTokenId).toBeUndefined();
    expect(load(byteLevelFile(), { ...config, add_bos_token: true }).bosTokenId).toBe(1);
    expect(load(byteLevelFile({ post_processor }), config).bosTokenId).toBe(1);
    expect(load(byteLevelFile({ post_processor }), { ...config, add_bos_token: false }).bosTokenId).toBeUndefined();
  });

  it("knows which columns of the logits have a token", () => {
    const file = byteLevelFile();
    const tokenizer = load(file);
    expect(tokenizer.vocabSize).toBe(
      Math.max(...Object.values(file.model.vocab), ...file.added_tokens.map(({ id }) => id)) + 1,
    );
  });

  it("tells the least tokens of a text without encoding it", () => {
    const tokenizer = load(byteLevelFile({ normalizer: null }));
    for (const text of ["", "<|endoftext|>", "hello hello", "aaaaaaaa".repeat(9), "🦙", ...control]) {
      expect(tokenizer.minTokens(text)).toBeLessThanOrEqual(tokenizer.encode(text).length);
    }
    expect(tokenizer.minTokens("a".repeat(4_000_000))).toBeGreaterThan(100_000);
  });

  it("encodes a long text without a space", () => {
    const tokenizer = load();
    const ids = tokenizer.encode("a".repeat(40_000), { literal: true });
    expect(ids).toHaveLength(10_000);
  });

  it.each([
    ["a file that is not there", undefined, {}, "tokenizer.json"],
    ["wrong JSON", '{"model": {"vocab": }}', {}, "line 1, column 21"],
    ["another kind of file", { hello: 1 }, {}, "tokenizer.json has no model.vocab"],
    ["a model other than BPE without a vocabulary", { model: { type: "Unigram" } }, {}, "type Unigram; only BPE"],
    ["a model other than BPE", { model: { type: "Unigram", vocab: [] } }, {}, "type Unigram; only BPE"],
    ["no end-of-sequence token", withoutAdded(byteLevelFile()), {}, "no end-of-sequence token"],
  ])("refuses %s", (_, file, config, message) => {
    if (file) write("tokenizer.json", file);
    write("tokenizer_config.json", config);
    expect(() => loadTokenizer(folder)).toThrow(message);
  });
});

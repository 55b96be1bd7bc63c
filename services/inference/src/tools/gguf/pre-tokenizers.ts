import { ImportError } from "../../model-folder/import-error.ts";

/** How text is cut before byte-level BPE, as tokenizer.json says it. */
export interface PreTokenizer {
  readonly normalizer: object | null;
  readonly preTokenizer: object;
  /** A piece that is a token already is not merged again. */
  readonly ignoreMerges: boolean;
  /** Whether a beginning-of-sequence token is put first where the file does not say. */
  readonly addBosToken: boolean;
}

// Patterns as their tokenizers publish them (tokenizer.json of each).
const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN2 = LLAMA3.replace("\\p{N}{1,3}", "\\p{N}");

const byteLevel = (useRegex: boolean): object => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});
const split = (pattern: string): object => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
  invert: false,
});
const sequence = (...pretokenizers: object[]): object => ({ type: "Sequence", pretokenizers });

const GPT2: PreTokenizer = {
  normalizer: null,
  preTokenizer: byteLevel(true),
  ignoreMerges: false,
  addBosToken: false,
};
/** Digits one by one, then GPT-2's pattern. `\p{N}` is what the origin's "Digits" step takes; libraries differ in that step. */
const STARCODER: PreTokenizer = { ...GPT2, preTokenizer: sequence(split("\\p{N}"), byteLevel(true)) };
const LLAMA_BPE: PreTokenizer = {
  normalizer: null,
  preTokenizer: sequence(split(LLAMA3), byteLevel(false)),
  ignoreMerges: true,
  addBosToken: true,
};
const QWEN: PreTokenizer = {
  normalizer: { type: "NFC" },
  preTokenizer: sequence(split(QWEN2), byteLevel(false)),
  ignoreMerges: false,
  addBosToken: false,
};

/** By llama.cpp's names (`tokenizer.ggml.pre`). */
const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizer>> = {
  "gpt-2": GPT2,
  "llama-bpe": LLAMA_BPE,
  "llama-v3": LLAMA_BPE,
  llama3: LLAMA_BPE,
  qwen2: QWEN,
  smollm: STARCODER,
  starcoder: STARCODER,
};

/**
 * The pre-tokenizer of a name.
 *
 * @throws ImportError naming one that is not supported
 */
export function findPreTokenizer(name: string | undefined): PreTokenizer {
  const found = name !== undefined && Object.hasOwn(PRE_TOKENIZERS, name) ? PRE_TOKENIZERS[name] : undefined;
  if (found) return found;
  throw new ImportError(
    `the pre-tokenizer is ${name ? `"${name}"` : "not named"}; supported are ${Object.keys(PRE_TOKENIZERS).join(", ")}`,
  );
}

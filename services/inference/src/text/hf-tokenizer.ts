import { Tokenizer as HfTokenizer } from "@huggingface/tokenizers";
import { type AddedToken, createAddedTokenSplitter } from "./added-tokens.ts";
import { type SpecialTokens, specialTokens, type TokenizerConfig } from "./special-tokens.ts";
import { createTokenBound } from "./token-bound.ts";
import { type VocabularyKind, vocabularyBytes } from "./token-bytes.ts";
import type { Tokenizer } from "./tokenizer.ts";
import {
  addsBefore,
  type TokenizerFile,
  tokenizerFile,
  vocabularyKind,
  withoutControlTokens,
} from "./tokenizer-file.ts";
import { turnEndsOf, withControlTokens } from "./turn-ends.ts";

/** What a tokenizer is made of: a model folder's files, parsed. */
export interface TokenizerFiles {
  /** `tokenizer.json`. */
  readonly tokenizer: unknown;
  /** `tokenizer_config.json`. */
  readonly config: TokenizerConfig;
  /** The others that may name end-of-sequence tokens. */
  readonly configs: readonly unknown[];
}

/** @throws Error naming what is wrong in the files */
export function createTokenizer({ tokenizer, config, configs }: TokenizerFiles): Tokenizer {
  const parsed = tokenizerFile(tokenizer);
  const knownEnds = turnEndsOf(parsed);
  const file = withControlTokens(parsed, knownEnds);
  const text = new HfTokenizer(withoutControlTokens(file), config);
  const addedIds = new Map(file.added_tokens.map(({ content, id }) => [content, id]));
  const special = specialTokens({
    config,
    configs,
    knownEnds,
    addsBos: (token) => addsBefore(file, token),
    idOf: (token) => addedIds.get(token) ?? text.token_to_id(token),
  });
  return new BpeTokenizer(file, text, special);
}

class BpeTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly bosTokenId: number | undefined;
  readonly eosTokenIds: readonly number[];
  readonly bosToken: string;
  readonly eosToken: string;
  readonly minTokens: (text: string) => number;
  /** Knows no control token, so no text makes one: `encode` adds those of the text that may have them. */
  readonly #text: HfTokenizer;
  readonly #kind: VocabularyKind;
  readonly #added: ReadonlyMap<number, AddedToken>;
  readonly #split: (text: string) => (string | AddedToken)[];
  readonly #bytes: Uint8Array[] = [];

  constructor(file: TokenizerFile, text: HfTokenizer, special: SpecialTokens) {
    this.#text = text;
    this.#kind = vocabularyKind(file);
    this.#added = new Map(file.added_tokens.map((token) => [token.id, token]));
    this.#split = createAddedTokenSplitter(file.added_tokens);
    this.minTokens = createTokenBound(file);
    this.vocabSize = Math.max(text.model!.vocab.length, ...file.added_tokens.map(({ id }) => id + 1));
    this.bosToken = special.bosToken;
    this.bosTokenId = special.bosTokenId;
    this.eosTokenIds = special.eosTokenIds;
    this.eosToken = this.tokenText(special.eosTokenIds[0]!);
  }

  encode(text: string, { literal = false }: { readonly literal?: boolean } = {}): number[] {
    if (literal) return this.#encodeText(text);
    return this.split(text).flatMap((piece) => (typeof piece === "string" ? this.#encodeText(piece) : piece));
  }

  split(text: string): (string | number)[] {
    return this.#split(text).map((piece) => (typeof piece === "string" ? piece : piece.id));
  }

  tokenBytes(tokenId: number): Uint8Array {
    this.#bytes[tokenId] ??= this.#bytesOf(tokenId);
    return this.#bytes[tokenId];
  }

  tokenText(tokenId: number): string {
    return this.#added.get(tokenId)?.content ?? new TextDecoder().decode(this.tokenBytes(tokenId));
  }

  #encodeText(text: string): number[] {
    return text ? this.#text.encode(text, { add_special_tokens: false }).ids : [];
  }

  #bytesOf(tokenId: number): Uint8Array {
    const added = this.#added.get(tokenId);
    if (added) return added.special ? new Uint8Array() : vocabularyBytes(added.content, "text");
    return vocabularyBytes(this.#text.id_to_token(tokenId) ?? "", this.#kind);
  }
}

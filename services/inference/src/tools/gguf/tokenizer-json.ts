import { templateSyntaxFault } from "../../model-folder/chat-template.ts";
import { ImportError } from "../../model-folder/import-error.ts";
import { mergeResult } from "../../text/tokenizer-file.ts";
import { turnEnds } from "../../text/turn-ends.ts";
import {
  type Metadata,
  optionalBoolean,
  optionalNumber,
  optionalNumbers,
  optionalString,
  strings,
} from "./metadata.ts";
import { findPreTokenizer, type PreTokenizer } from "./pre-tokenizers.ts";

/** A tokenizer read from a file's metadata. */
export interface GgufTokenizer {
  /** Content of tokenizer.json. */
  readonly tokenizer: object;
  /** Content of tokenizer_config.json. */
  readonly tokenizerConfig: object;
  readonly numTokens: number;
  readonly bosTokenId: number | undefined;
  /** Tokens that end a reply; the file's own first. */
  readonly eosTokenIds: readonly number[];
  readonly chatTemplate: string | undefined;
}

/** Token types (enum llama_token_type). */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
/** Metadata that names a token that ends a text, a turn or a message. */
const END_ROLES = ["eos", "eot", "eom"];
const ROLES = [...END_ROLES, "bos", "unknown", "padding"];
/** How control tokens are written in most vocabularies. */
const CONTROL_SHAPE = /^<\|[^|\s]+\|>$/;

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly merges: readonly string[];
  /** Tokens that end a turn by their name. */
  readonly turnEndIds: readonly number[];
}

/**
 * Builds the files of a byte-level BPE tokenizer.
 *
 * @throws ImportError naming what is missing, contradictory or not supported
 */
export function buildTokenizer(metadata: Metadata, maxModelLen: number): GgufTokenizer {
  const model = optionalString(metadata, "tokenizer.ggml.model");
  if (model !== "gpt2") {
    throw new ImportError(`the tokenizer is ${model ? `"${model}"` : "missing"}; supported is "gpt2" (byte-level BPE)`);
  }
  const preTokenizer = findPreTokenizer(optionalString(metadata, "tokenizer.ggml.pre"));
  const vocabulary = readVocabulary(metadata);
  const { tokens } = vocabulary;
  const bosTokenId = tokenId(metadata, "bos", tokens.length);
  const eosTokenIds = findEnds(metadata, vocabulary);
  const chatTemplate = readChatTemplate(metadata);
  const addsBos =
    bosTokenId !== undefined && (optionalBoolean(metadata, "tokenizer.ggml.add_bos_token") ?? preTokenizer.addBosToken);
  const text = (id: number | undefined): string | null => (id === undefined ? null : tokens[id]!);
  return {
    tokenizer: tokenizerJson(vocabulary, preTokenizer, addsBos ? bosTokenId : undefined),
    tokenizerConfig: {
      tokenizer_class: "PreTrainedTokenizerFast",
      model_max_length: maxModelLen,
      clean_up_tokenization_spaces: false,
      add_bos_token: addsBos,
      add_eos_token: false,
      bos_token: text(bosTokenId),
      eos_token: text(eosTokenIds[0]),
      unk_token: text(tokenId(metadata, "unknown", tokens.length)),
      pad_token: text(tokenId(metadata, "padding", tokens.length)),
      ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
    },
    numTokens: tokens.length,
    bosTokenId,
    eosTokenIds,
    chatTemplate,
  };
}

function readChatTemplate(metadata: Metadata): string | undefined {
  const template = optionalString(metadata, "tokenizer.chat_template");
  const fault = template === undefined ? undefined : templateSyntaxFault(template);
  if (fault === undefined) return template;
  throw new ImportError(`tokenizer.chat_template cannot be read (${fault}): take a file whose template is whole`);
}

function readVocabulary(metadata: Metadata): Vocabulary {
  const tokens = strings(metadata, "tokenizer.ggml.tokens");
  const merges = strings(metadata, "tokenizer.ggml.merges");
  const known = new Set(tokens);
  if (known.size !== tokens.length) throw new ImportError("metadata tokenizer.ggml.tokens names a token twice");
  for (const merge of merges) {
    const [left, right, ...more] = merge.split(" ");
    if (more.length > 0 || !known.has(left!) || right === undefined || !known.has(right)) {
      throw new ImportError(`metadata tokenizer.ggml.merges has ${JSON.stringify(merge)}, which is not two tokens`);
    }
  }
  return withTurnEnds(tokens, merges, tokenTypes(metadata, tokens));
}

/** A file that tells no types has control tokens all the same: those that it names, and those that look like it. */
function tokenTypes(metadata: Metadata, tokens: readonly string[]): readonly number[] {
  const types = optionalNumbers(metadata, "tokenizer.ggml.token_type");
  if (types !== undefined) return types;
  const named = new Set(ROLES.map((role) => tokenId(metadata, role, tokens.length)));
  const isControl = (token: string, id: number) => CONTROL_SHAPE.test(token) || (named.has(id) && token.length > 1);
  return tokens.map((token, id) => (isControl(token, id) ? CONTROL : NORMAL));
}

/** Tokens that are known to end a turn are control tokens, also where the file says that they are text. */
function withTurnEnds(tokens: readonly string[], merges: readonly string[], types: readonly number[]): Vocabulary {
  const all = new Set(tokens);
  const isMerged = (token: string) => merges.some((merge) => mergeResult(merge) === token);
  const turnEndIds = turnEnds({ has: (token) => all.has(token), isMerged }).map((token) => tokens.indexOf(token));
  const changed = [...types];
  for (const id of turnEndIds) changed[id] = CONTROL;
  return { tokens, merges, types: changed, turnEndIds };
}

function tokenId(metadata: Metadata, role: string, numTokens: number): number | undefined {
  const key = `tokenizer.ggml.${role}_token_id`;
  const id = optionalNumber(metadata, key);
  if (id === undefined || (Number.isInteger(id) && id >= 0 && id < numTokens)) return id;
  throw new ImportError(`metadata ${key} is ${id}; there are ${numTokens} tokens`);
}

function findEnds(metadata: Metadata, { tokens, turnEndIds }: Vocabulary): number[] {
  const named = END_ROLES.map((role) => tokenId(metadata, role, tokens.length));
  const ends = new Set([...named.filter((id) => id !== undefined), ...turnEndIds]);
  if (ends.size > 0) return [...ends];
  throw new ImportError("the file names no token that ends a text (tokenizer.ggml.eos_token_id)");
}

function tokenizerJson(
  { tokens, types, merges }: Vocabulary,
  pre: PreTokenizer,
  bosTokenId: number | undefined,
): object {
  const special = tokens.flatMap((content, id) =>
    types[id] === CONTROL || types[id] === USER_DEFINED ? [addedToken(id, content, types[id] === CONTROL)] : [],
  );
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: pre.normalizer,
    pre_tokenizer: pre.preTokenizer,
    post_processor: bosTokenId === undefined ? null : bosFirst(tokens[bosTokenId]!, bosTokenId),
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: pre.ignoreMerges,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

function addedToken(id: number, content: string, special: boolean): object {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

/** The post-processor of tokenizers that begin each sequence with one token. */
function bosFirst(token: string, id: number): object {
  const bos = { SpecialToken: { id: token, type_id: 0 } };
  const a = { Sequence: { id: "A", type_id: 0 } };
  const b = { Sequence: { id: "B", type_id: 1 } };
  const bosOfB = { SpecialToken: { id: token, type_id: 1 } };
  return {
    type: "TemplateProcessing",
    single: [bos, a],
    pair: [bos, a, bosOfB, b],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}

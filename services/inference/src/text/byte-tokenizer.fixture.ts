import type { Tokenizer } from "./tokenizer.ts";

const BOS = 256;
const EOS = 257;
const CONTROL_TOKENS = new Map([
  [BOS, "<s>"],
  [EOS, "</s>"],
]);

/** A tokenizer for tests: a token a byte, and two control tokens. Without `hasBos` it adds none at the beginning. */
export function createByteTokenizer({ hasBos = true } = {}): Tokenizer {
  return {
    vocabSize: 258,
    bosTokenId: hasBos ? BOS : undefined,
    eosTokenIds: [EOS],
    bosToken: hasBos ? "<s>" : "",
    eosToken: "</s>",
    encode: (text, options) =>
      options?.literal ? [...Buffer.from(text)] : text.split(/(<s>|<\/s>)/).flatMap(encodePart),
    split: (text) => text.split(/(<s>|<\/s>)/).map((part) => (/^<\/?s>$/.test(part) ? encodePart(part)[0]! : part)),
    minTokens: (text) => Math.ceil(text.length / "</s>".length),
    tokenBytes: (tokenId) => (tokenId < BOS ? Uint8Array.of(tokenId) : new Uint8Array()),
    tokenText: (tokenId) => CONTROL_TOKENS.get(tokenId) ?? Buffer.of(tokenId).toString(),
  };
}

function encodePart(part: string): number[] {
  if (part === "<s>") return [BOS];
  if (part === "</s>") return [EOS];
  return [...Buffer.from(part)];
}

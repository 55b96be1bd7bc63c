import type { TokenizerFile } from "./tokenizer-file.ts";

/** Composing normalizers make one character of up to three. */
const MAX_COMPOSED = 3;

/**
 * A lower bound of a text's tokens: its length over the longest token's, and its ASCII letters over the most that a token
 * has. Rulers of dashes and runs of spaces make long tokens, words do not, so the second is the sharper one for prose.
 */
export function createTokenBound({ model, added_tokens, normalizer }: TokenizerFile): (text: string) => number {
  // A byte-level token has a character a byte, so it stands for no more characters than it has.
  const tokens = [...Object.keys(model.vocab), ...added_tokens.map(({ content }) => content)];
  const composed = normalizer ? MAX_COMPOSED : 1;
  const maxLength = composed * tokens.reduce((most, token) => Math.max(most, token.length), 1);
  const maxLetters = composed * tokens.reduce((most, token) => Math.max(most, countLetters(token)), 1);
  return (text) => Math.ceil(Math.max(text.length / maxLength, countLetters(text) / maxLetters));
}

function countLetters(text: string): number {
  let letters = 0;
  for (let i = 0; i < text.length; i++) {
    const lowerCase = text.charCodeAt(i) | 32;
    if (lowerCase >= 97 && lowerCase <= 122) letters++;
  }
  return letters;
}

/** A model's tokenizer: text to token ids and back. Made by `createTokenizer(files)`. */
export interface Tokenizer {
  /** Logits' columns that have a token. */
  readonly vocabSize: number;
  /** The token before every prompt; undefined where the tokenizer puts none there. */
  readonly bosTokenId: number | undefined;
  /** Tokens that end a reply. At least one. */
  readonly eosTokenIds: readonly number[];
  /** Text of the beginning-of-sequence token, for chat templates; "" without one. */
  readonly bosToken: string;
  /** Text of the first end-of-sequence token. */
  readonly eosToken: string;
  /**
   * Token ids of a text, nothing added at its ends. In literal text no control token is recognised: its characters are
   * encoded as any others, so a user cannot forge one.
   */
  encode(text: string, options?: { readonly literal?: boolean }): number[];
  /** Trusted text cut at its control tokens: pieces that are encoded as literal text, and the ids between them. */
  split(text: string): (string | number)[];
  /** The least tokens a text can have, by its length: tells at once what is far too long to be encoded. */
  minTokens(text: string): number;
  /** A token's bytes in UTF-8, possibly half a character; empty for a control token. */
  tokenBytes(tokenId: number): Uint8Array;
  /** A token's text for people: control tokens by name, half characters as U+FFFD. */
  tokenText(tokenId: number): string;
}

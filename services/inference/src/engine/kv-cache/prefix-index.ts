/**
 * Which blocks of keys and values are kept outside the rows, for one model. A block's key stands for its tokens and all
 * tokens before them, under one salt: same key, same keys and values.
 */
export interface BlockIndex {
  /** Positions of a block. */
  readonly blockTokens: number;
  /** Most blocks it can keep; 0 where rows cannot be copied. */
  readonly maxBlocks: number;
  /** The key that a first block's is made of. What is kept under one salt cannot be found under another. */
  rootKey(salt: string): string;
  /** The key of the block after that one. Must not be made to collide by whoever chooses tokens. */
  nextKey(key: string, tokenIds: readonly number[]): string;
  has(key: string): boolean;
  /** Makes these the last to be given up, the first of them the very last. */
  touch(keys: readonly string[]): void;
  /** Gives them up, and all that follow them: what they hold is in doubt. */
  forget(keys: readonly string[]): void;
}

/** The keys of a growing list of tokens, block by block: each is made once. */
export class PrefixChain {
  readonly salt: string;
  readonly #index: BlockIndex;
  readonly #keys: string[] = [];

  constructor(index: BlockIndex, salt: string) {
    this.#index = index;
    this.salt = salt;
  }

  /** Keys of the whole blocks of the first `numTokens` tokens. */
  keys(tokenIds: readonly number[], numTokens: number): readonly string[] {
    const { blockTokens } = this.#index;
    const numBlocks = Math.floor(numTokens / blockTokens);
    for (let block = this.#keys.length; block < numBlocks; block++) {
      const before = this.#keys.at(-1) ?? this.#index.rootKey(this.salt);
      const start = block * blockTokens;
      this.#keys.push(this.#index.nextKey(before, tokenIds.slice(start, start + blockTokens)));
    }
    return this.#keys.slice(0, numBlocks);
  }
}

/** How many blocks, from the first on, the index has. */
export function numKnownBlocks(index: BlockIndex, keys: readonly string[]): number {
  const firstUnknown = keys.findIndex((key) => !index.has(key));
  return firstUnknown === -1 ? keys.length : firstUnknown;
}

/** How many tokens two lists begin with alike. */
export function numCommonTokens(left: readonly number[], right: readonly number[]): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) length++;
  return length;
}

import type { BlockIndex } from "./kv-cache/prefix-index.ts";
import type { BlockSave } from "./step-plan.ts";

/** Blocks that hold tokens instead of keys and values. The one used least recently goes first; keys are the tokens themselves. */
export class FakeBlocks implements BlockIndex {
  readonly blockTokens: number;
  readonly maxBlocks: number;
  readonly #blocks = new Map<string, readonly number[]>();

  constructor(blockTokens: number, maxBlocks: number) {
    this.blockTokens = blockTokens;
    this.maxBlocks = maxBlocks;
  }

  get size(): number {
    return this.#blocks.size;
  }

  rootKey(salt: string): string {
    return `${salt}:`;
  }

  nextKey(key: string, tokenIds: readonly number[]): string {
    return `${key}${tokenIds.join(",")};`;
  }

  has(key: string): boolean {
    return this.#blocks.has(key);
  }

  touch(keys: readonly string[]): void {
    for (const key of keys.toReversed()) if (this.has(key)) this.#put(key, this.read(key));
  }

  forget(keys: readonly string[]): void {
    for (const known of this.#blocks.keys()) if (keys.some((key) => known.startsWith(key))) this.#blocks.delete(known);
  }

  /** @throws RangeError where it is not kept */
  read(key: string): readonly number[] {
    const tokenIds = this.#blocks.get(key);
    if (tokenIds === undefined) throw new RangeError(`block ${key} is not kept`);
    return tokenIds;
  }

  save({ key }: BlockSave, tokenIds: readonly number[]): void {
    this.#put(key, tokenIds);
    const oldest = this.#blocks.keys().next().value!;
    if (this.#blocks.size > this.maxBlocks) this.#blocks.delete(oldest);
  }

  #put(key: string, tokenIds: readonly number[]): void {
    this.#blocks.delete(key);
    this.#blocks.set(key, tokenIds);
  }
}

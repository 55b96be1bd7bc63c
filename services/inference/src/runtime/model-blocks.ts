import { createHash } from "node:crypto";
import type { BlockIndex } from "../engine/kv-cache/prefix-index.ts";
import type { BlockStore } from "./block-store.ts";

/** Positions of a block. Smaller ones are shared sooner, larger ones copied a little faster. */
export const BLOCK_TOKENS = 32;

export interface ModelBlocksOptions {
  readonly store: BlockStore;
  /** Names the model's weights: blocks of others are never found. */
  readonly revision: string;
  /** Bytes of one block; 0 where rows cannot be copied. */
  readonly blockBytes: number;
}

/** One model's part of the block store. Keys are SHA-256: text that somebody chooses cannot be made to match another's. */
export class ModelBlocks implements BlockIndex {
  readonly blockTokens = BLOCK_TOKENS;
  readonly store: BlockStore;
  readonly blockBytes: number;
  readonly maxBlocks: number;
  readonly #revision: string;

  constructor({ store, revision, blockBytes }: ModelBlocksOptions) {
    this.store = store;
    this.blockBytes = blockBytes;
    this.maxBlocks = blockBytes === 0 ? 0 : Math.floor(store.limitBytes / blockBytes);
    this.#revision = revision;
  }

  rootKey(salt: string): string {
    return createHash("sha256")
      .update(JSON.stringify([this.#revision, salt]))
      .digest("base64");
  }

  nextKey(key: string, tokenIds: readonly number[]): string {
    return createHash("sha256").update(key).update(Int32Array.from(tokenIds)).digest("base64");
  }

  has(key: string): boolean {
    return this.store.has(key);
  }

  touch(keys: readonly string[]): void {
    this.store.touch(keys);
  }

  forget(keys: readonly string[]): void {
    this.store.forget(keys);
  }
}

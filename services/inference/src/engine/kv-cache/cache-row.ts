import type { Sequence } from "../sequence.ts";
import type { BlockSave, PlanRow } from "../step-plan.ts";
import type { BlockIndex, PrefixChain } from "./prefix-index.ts";

/** One row of the KV cache: who holds it, or what it still holds of whom it was freed by. */
export class CacheRow {
  readonly row: number;
  /** When it was freed: higher is later; 0 for never. */
  freedAt = 0;
  readonly #index: BlockIndex | undefined;
  #sequence: Sequence | undefined;
  #retained: readonly number[] = [];
  #chain: PrefixChain | undefined;
  #numSavedBlocks = 0;

  constructor(row: number, index: BlockIndex | undefined) {
    this.row = row;
    this.#index = index;
  }

  get sequence(): Sequence | undefined {
    return this.#sequence;
  }

  /** Keys of its blocks; undefined where its contents are not to be used again. */
  get chain(): PrefixChain | undefined {
    return this.#chain;
  }

  get isFree(): boolean {
    return this.#sequence === undefined;
  }

  /** Positions that hold what was computed. */
  get numHeld(): number {
    return this.#sequence?.numComputedTokens ?? this.#retained.length;
  }

  /** Tokens that it holds of a sequence that left it, under the salt. */
  retained(salt: string): readonly number[] {
    return this.#chain?.salt === salt ? this.#retained : [];
  }

  /** Gives it to a sequence that goes on after tokens it holds, with the keys of its blocks; so many are in the index. */
  assign(sequence: Sequence, chain: PrefixChain | undefined, numKnownBlocks: number): void {
    this.#chain = chain;
    this.#numSavedBlocks = numKnownBlocks;
    this.#sequence = sequence;
    this.#retained = [];
  }

  /** Takes the sequence out; what was computed of it stays to be used again. */
  free(freedAt: number): void {
    const { tokenIds, numComputedTokens } = this.#sequence!;
    this.#retained = this.#chain ? tokenIds.slice(0, numComputedTokens) : [];
    this.#sequence = undefined;
    this.freedAt = freedAt;
  }

  /** Lets a sequence move here with all that is known of its row. */
  moveFrom(from: CacheRow): void {
    this.#sequence = from.#sequence;
    this.#chain = from.#chain;
    this.#numSavedBlocks = from.#numSavedBlocks;
    this.#retained = [];
    from.#sequence = undefined;
    from.forget();
  }

  /** Keys of the whole blocks that it holds. */
  keys(): readonly string[] {
    return this.#chain?.keys(this.#sequence?.tokenIds ?? this.#retained, this.numHeld) ?? [];
  }

  /** Its contents are in doubt: neither they nor what is computed on top of them is used again. */
  forget(): void {
    this.#retained = [];
    this.#chain = undefined;
    this.#numSavedBlocks = 0;
  }

  /** What it computes where it has nothing to compute: a token after those it holds, which nothing reads. */
  idle(): PlanRow {
    return { row: this.row, numComputedTokens: this.numHeld, tokenIds: [0], numLogits: 1 };
  }

  /** Its next whole block that the index has not; told once. */
  nextSave(): BlockSave | undefined {
    const index = this.#index;
    while (index && this.#chain && this.#numSavedBlocks < numBlocks(index, this.numHeld)) {
      const block = this.#numSavedBlocks++;
      const keys = this.keys();
      const range = { row: this.row, start: block * index.blockTokens, length: index.blockTokens };
      if (!index.has(keys[block]!)) return { ...range, key: keys[block]!, parent: keys[block - 1] };
    }
    return undefined;
  }
}

/** Whole blocks of so many tokens. */
function numBlocks({ blockTokens }: BlockIndex, numTokens: number): number {
  return Math.floor(numTokens / blockTokens);
}

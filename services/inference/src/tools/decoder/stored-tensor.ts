import type { BlockType } from "./block-types.ts";

/** A tensor in a file: rows of blocks. A vector is one row. */
export interface StoredTensor {
  readonly name: string;
  readonly type: BlockType;
  readonly rows: number;
  readonly columns: number;
  readonly rowBytes: number;
  /** From the beginning of the file. */
  readonly offset: number;
}

/** How a tensor's weights are stored; the names are ggml's. */
export type BlockType = "F32" | "F16" | "Q4_0" | "Q4_1" | "Q8_0";

/** A block: so many weights in so many bytes. */
export interface BlockLayout {
  readonly weights: number;
  readonly bytes: number;
}

export const BLOCK_LAYOUTS: Readonly<Record<BlockType, BlockLayout>> = {
  F32: { weights: 1, bytes: 4 },
  F16: { weights: 1, bytes: 2 },
  Q4_0: { weights: 32, bytes: 18 },
  Q4_1: { weights: 32, bytes: 20 },
  Q8_0: { weights: 32, bytes: 34 },
};

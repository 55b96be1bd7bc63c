/**
 * From ggml's blocks to the arrays of ONNX Runtime's MatMulNBits and GatherBlockQuantized, both with blocks of 32 along a
 * row. Codes, scales and minima are moved, never computed: what the graph holds is what the file held.
 * Layouts: ggml-common.h (block_q4_0, block_q4_1, block_q8_0); ONNX Runtime, ContribOperators.md.
 */

/** Bytes of the float16 scale (and minimum) of a block. */
const HALF = 2;
const CODE_BYTES_4BIT = 16;
const CODE_BYTES_8BIT = 32;

/** Q4_0, w = d (c - 8): codes (16 bytes a block) and d (float16). */
export function repackQ4_0(raw: Uint8Array): readonly Uint8Array[] {
  const numBlocks = raw.length / (HALF + CODE_BYTES_4BIT);
  const codes = new Uint8Array(numBlocks * CODE_BYTES_4BIT);
  const scales = new Uint8Array(numBlocks * HALF);
  for (let block = 0, from = 0; block < numBlocks; block++, from += HALF + CODE_BYTES_4BIT) {
    copyHalf(raw, from, scales, block);
    pairNibbles(raw, from + HALF, codes, block);
  }
  return [codes, scales];
}

/** Q4_1, w = d c + m: codes (16 bytes a block), d and m (float16). */
export function repackQ4_1(raw: Uint8Array): readonly Uint8Array[] {
  const numBlocks = raw.length / (2 * HALF + CODE_BYTES_4BIT);
  const codes = new Uint8Array(numBlocks * CODE_BYTES_4BIT);
  const scales = new Uint8Array(numBlocks * HALF);
  const minima = new Uint8Array(numBlocks * HALF);
  for (let block = 0, from = 0; block < numBlocks; block++, from += 2 * HALF + CODE_BYTES_4BIT) {
    copyHalf(raw, from, scales, block);
    copyHalf(raw, from + HALF, minima, block);
    pairNibbles(raw, from + 2 * HALF, codes, block);
  }
  return [codes, scales, minima];
}

/** Q8_0, w = d c with c signed: codes (32 bytes a block, c + 128) and d (float16). */
export function repackQ8_0(raw: Uint8Array): readonly Uint8Array[] {
  const numBlocks = raw.length / (HALF + CODE_BYTES_8BIT);
  const codes = new Uint8Array(numBlocks * CODE_BYTES_8BIT);
  const scales = new Uint8Array(numBlocks * HALF);
  for (let block = 0, from = 0; block < numBlocks; block++, from += HALF + CODE_BYTES_8BIT) {
    copyHalf(raw, from, scales, block);
    const to = block * CODE_BYTES_8BIT;
    // Two's complement plus 128 is the same byte with its first bit turned.
    for (let i = 0; i < CODE_BYTES_8BIT; i++) codes[to + i] = raw[from + HALF + i]! ^ 0x80;
  }
  return [codes, scales];
}

/** F16 and F32 stay as they are. */
export function keep(raw: Uint8Array): readonly Uint8Array[] {
  return [raw];
}

/**
 * GGUF stores the rows of q and k so that the two of a rotary pair are neighbours; the rotary operator wants the first of
 * all pairs, then the second of all pairs, in each head. `raw` holds whole heads.
 */
export function splitRotaryPairs(raw: Uint8Array, rowBytes: number, headDim: number): Uint8Array {
  const result = new Uint8Array(raw.length);
  const numRows = raw.length / rowBytes;
  for (let row = 0; row < numRows; row++) {
    const inHead = row % headDim;
    const to = row - inHead + (inHead >> 1) + (inHead & 1) * (headDim / 2);
    result.set(raw.subarray(row * rowBytes, (row + 1) * rowBytes), to * rowBytes);
  }
  return result;
}

function copyHalf(raw: Uint8Array, from: number, target: Uint8Array, block: number): void {
  target[HALF * block] = raw[from]!;
  target[HALF * block + 1] = raw[from + 1]!;
}

/** ggml's byte i holds codes i and i + 16 of a block; ours holds neighbours, 2i and 2i + 1. */
function pairNibbles(raw: Uint8Array, from: number, codes: Uint8Array, block: number): void {
  const to = block * CODE_BYTES_4BIT;
  for (let i = 0; i < 8; i++) {
    const first = raw[from + 2 * i]!;
    const second = raw[from + 2 * i + 1]!;
    codes[to + i] = (first & 0x0f) | ((second & 0x0f) << 4);
    codes[to + 8 + i] = (first >> 4) | (second & 0xf0);
  }
}

import { BLOCK_LAYOUTS, type BlockType } from "../decoder/block-types.ts";

/** Numbers that look random and are the same in every run (mulberry32), from 0 to below 1. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Blocks with every code and uneven scales; the weights they stand for are within about ±0.3. */
export function randomBlocks(type: BlockType, numWeights: number, random: () => number): Uint8Array {
  const { weights, bytes } = BLOCK_LAYOUTS[type];
  const result = Buffer.alloc((numWeights / weights) * bytes);
  for (let at = 0; at < result.length; at += bytes) {
    for (let i = 0; i < bytes; i++) result[at + i] = Math.floor(random() * 256);
    writeScales(type, result, at, random);
  }
  return result;
}

function writeScales(type: BlockType, block: Buffer, at: number, random: () => number): void {
  const weight = (random() - 0.5) * 0.6;
  switch (type) {
    case "F32":
      block.writeFloatLE(weight, at);
      return;
    case "F16":
      block.writeUInt16LE(halfBits(weight), at);
      return;
    case "Q8_0":
      block.writeUInt16LE(halfBits(weight / 127), at);
      return;
    case "Q4_0":
      block.writeUInt16LE(halfBits(weight / 8), at);
      return;
    case "Q4_1":
      block.writeUInt16LE(halfBits(Math.abs(weight) / 8), at);
      block.writeUInt16LE(halfBits(-Math.abs(weight) * (0.5 + random())), at + 2);
  }
}

/** Weights of a tensor by ggml's definition (dequantize_row_* in ggml-quants.c), exact in float64. */
export function dequantize(type: BlockType, raw: Uint8Array): Float64Array {
  const block = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const { weights, bytes } = BLOCK_LAYOUTS[type];
  const result = new Float64Array((raw.length / bytes) * weights);
  for (let b = 0; b < raw.length / bytes; b++) {
    for (let i = 0; i < weights; i++) result[b * weights + i] = weightOf(type, block, b * bytes, i);
  }
  return result;
}

function weightOf(type: BlockType, block: Buffer, at: number, i: number): number {
  const half = (offset: number): number => halfToNumber(block.readUInt16LE(at + offset));
  const nibble = (offset: number): number => {
    const byte = block[at + offset + (i % 16)]!;
    return i < 16 ? byte & 15 : byte >> 4;
  };
  switch (type) {
    case "F32":
      return block.readFloatLE(at);
    case "F16":
      return half(0);
    case "Q4_0":
      return half(0) * (nibble(2) - 8);
    case "Q4_1":
      return half(0) * nibble(4) + half(2);
    case "Q8_0":
      return half(0) * block.readInt8(at + 2 + i);
  }
}

/** The number of a float16's bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Bits of the float16 nearest to a number within its range, towards zero. */
function halfBits(value: number): number {
  const size = Math.abs(value);
  const sign = value < 0 ? 0x8000 : 0;
  if (size < 2 ** -14) return sign | Math.floor(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | Math.floor((size / 2 ** exponent - 1) * 1024);
}

import type { LlamaConfig } from "./llama-config.ts";

/**
 * One table of rotary position embedding, float32 [contextLength, headDim / 2]: `wave` of each position's angle for each
 * pair. Pair i of position p turns by p / (theta^(2i / headDim) factor factors[i]).
 *
 * @param factors - the file's `rope_freqs` tensor (Llama 3.1's scaling), one a pair
 */
export function rotaryTable(
  { contextLength, headDim, ropeTheta, ropeFactor }: LlamaConfig,
  factors: Float32Array | undefined,
  wave: (angle: number) => number,
): Float32Array {
  const numPairs = headDim / 2;
  const table = new Float32Array(contextLength * numPairs);
  for (let pair = 0; pair < numPairs; pair++) {
    const period = ropeTheta ** ((2 * pair) / headDim) * ropeFactor * (factors?.[pair] ?? 1);
    for (let position = 0; position < contextLength; position++) {
      table[position * numPairs + pair] = wave(position / period);
    }
  }
  return table;
}

import type { LlamaConfig } from "./llama-config.ts";

/** Cosines and sines of all positions, float32 [contextLength, headDim / 2] each. */
export interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * Tables of rotary position embedding: pair i of position p turns by p / (theta^(2i / headDim) factor factors[i]).
 *
 * @param factors - the file's `rope_freqs` tensor (Llama 3.1's scaling), one a pair
 */
export function rotaryTables(config: LlamaConfig, factors?: Float32Array): RotaryTables {
  const { contextLength, headDim, ropeTheta, ropeFactor } = config;
  const numPairs = headDim / 2;
  const cos = new Float32Array(contextLength * numPairs);
  const sin = new Float32Array(contextLength * numPairs);
  for (let pair = 0; pair < numPairs; pair++) {
    const period = ropeTheta ** ((2 * pair) / headDim) * ropeFactor * (factors?.[pair] ?? 1);
    for (let position = 0; position < contextLength; position++) {
      cos[position * numPairs + pair] = Math.cos(position / period);
      sin[position * numPairs + pair] = Math.sin(position / period);
    }
  }
  return { cos, sin };
}

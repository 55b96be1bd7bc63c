import { TINY } from "./tiny-llama.fixture.ts";

/** What the forward pass needs beside the weights. */
export interface ReferenceOptions {
  readonly weights: ReadonlyMap<string, Float64Array>;
  readonly ropeFactor?: number;
  readonly ropeFactors?: readonly number[] | undefined;
}

/**
 * Logits of every position of a text by the tiny LLaMA, in float64 and written after the formulas, not for speed. It works
 * on the weights as GGUF orders them: the two of a rotary pair are neighbours.
 */
export function referenceLogits(tokenIds: readonly number[], options: ReferenceOptions): Float64Array[] {
  const { hiddenSize, numLayers } = TINY;
  const { weights } = options;
  const embedding = weights.get("token_embd.weight")!;
  let stream: Float64Array[] = tokenIds.map((id) => embedding.slice(id * hiddenSize, (id + 1) * hiddenSize));
  for (let layer = 0; layer < numLayers; layer++) {
    const weight = (name: string): Float64Array => weights.get(`blk.${layer}.${name}.weight`)!;
    const attended = attention(
      stream.map((x) => rmsNorm(x, weight("attn_norm"))),
      weight,
      options,
    );
    stream = stream.map((x, i) => add(x, times(weight("attn_output"), attended[i]!)));
    stream = stream.map((x) => add(x, feedForward(rmsNorm(x, weight("ffn_norm")), weight)));
  }
  const head = weights.get("output.weight") ?? embedding;
  return stream.map((x) => times(head, rmsNorm(x, weights.get("output_norm.weight")!)));
}

function attention(
  xs: readonly Float64Array[],
  weight: (name: string) => Float64Array,
  options: ReferenceOptions,
): Float64Array[] {
  const { numHeads, numKvHeads, headDim } = TINY;
  const rotated = (name: string): Float64Array[] =>
    xs.map((x, position) => rotate(times(weight(name), x), position, options));
  const [queries, keys] = [rotated("attn_q"), rotated("attn_k")];
  const values = xs.map((x) => times(weight("attn_v"), x));
  const head = (x: Float64Array, index: number): Float64Array => x.slice(index * headDim, (index + 1) * headDim);
  return queries.map((query, position) => {
    const heads = Array.from({ length: numHeads }, (_, h) => {
      const shared = Math.floor((h * numKvHeads) / numHeads);
      const past = keys.slice(0, position + 1);
      const scores = past.map((key) => dot(head(query, h), head(key, shared)) / Math.sqrt(headDim));
      return weightedSum(
        softmax(scores),
        values.map((value) => head(value, shared)),
      );
    });
    return Float64Array.from(heads.flatMap((values) => [...values]));
  });
}

function feedForward(x: Float64Array, weight: (name: string) => Float64Array): Float64Array {
  const gate = times(weight("ffn_gate"), x);
  const up = times(weight("ffn_up"), x);
  return times(
    weight("ffn_down"),
    up.map((value, i) => (value * gate[i]!) / (1 + Math.exp(-gate[i]!))),
  );
}

function rotate(x: Float64Array, position: number, { ropeFactor = 1, ropeFactors }: ReferenceOptions): Float64Array {
  const { headDim, ropeTheta } = TINY;
  const result = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += 2) {
    const inHead = i % headDim;
    const frequency = ropeTheta ** (-inHead / headDim) / (ropeFactor * (ropeFactors?.[inHead / 2] ?? 1));
    const [cos, sin] = [Math.cos(position * frequency), Math.sin(position * frequency)];
    result[i] = x[i]! * cos - x[i + 1]! * sin;
    result[i + 1] = x[i]! * sin + x[i + 1]! * cos;
  }
  return result;
}

function rmsNorm(x: Float64Array, weight: Float64Array): Float64Array {
  const meanSquare = dot(x, x) / x.length;
  return x.map((value, i) => (value * weight[i]!) / Math.sqrt(meanSquare + TINY.rmsNormEps));
}

/** A matrix of x.length columns times x. */
function times(matrix: Float64Array, x: Float64Array): Float64Array {
  const rows = matrix.length / x.length;
  return Float64Array.from({ length: rows }, (_, row) => dot(matrix.subarray(row * x.length, (row + 1) * x.length), x));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}

function softmax(scores: readonly number[]): number[] {
  const max = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - max));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function weightedSum(shares: readonly number[], vectors: readonly Float64Array[]): Float64Array {
  return vectors[0]!.map((_, i) => shares.reduce((sum, share, j) => sum + share * vectors[j]![i]!, 0));
}

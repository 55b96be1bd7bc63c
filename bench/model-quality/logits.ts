import { readFileSync } from "node:fs";
import type { ModelRunner } from "../../services/inference/src/engine/model-runner.ts";

/** The reference's logits of a text, as reference.py writes them. */
export interface Reference {
  readonly tokenIds: readonly number[];
  readonly vocabSize: number;
  /** float32 [tokens, vocabSize] */
  readonly logits: Float32Array;
}

/** How far logits are from the reference's, over all positions of a text. */
export interface LogitsComparison {
  readonly tokens: number;
  readonly perplexity: number;
  readonly referencePerplexity: number;
  /** Mean Kullback-Leibler divergence of ours from the reference, in nats. */
  readonly divergence: number;
  /** Share of positions with the same likeliest token. */
  readonly sameTop: number;
  readonly largestDifference: number;
}

/** Logits of the next position, valid until the next call. */
export type NextLogits = (tokenId: number, position: number) => Promise<Float32Array>;

/** Reads what reference.py wrote. */
export function readReference(file: string): Reference {
  const { buffer, byteOffset } = readFileSync(file);
  const [tokens = 0, vocabSize = 0] = new Int32Array(buffer, byteOffset, 2);
  const tokenIds = [...new Int32Array(buffer, byteOffset + 8, tokens)];
  return { tokenIds, vocabSize, logits: new Float32Array(buffer, byteOffset + 8 + 4 * tokens, tokens * vocabSize) };
}

/** Feeds a text to the runner token by token, as it decodes. */
export function decodeWith(runner: ModelRunner): NextLogits {
  return (tokenId, position) =>
    runner.run({ moves: [], rows: [{ row: 0, numComputedTokens: position, tokenIds: [tokenId], numLogits: 1 }] });
}

/** Compares every position of the reference's text. */
export async function compareLogits(reference: Reference, next: NextLogits): Promise<LogitsComparison> {
  const { tokenIds, vocabSize } = reference;
  const sums = { loss: 0, referenceLoss: 0, divergence: 0, sameTop: 0 };
  let largestDifference = 0;
  for (const [position, tokenId] of tokenIds.entries()) {
    const ours = logProbabilities((await next(tokenId, position)).slice(0, vocabSize));
    const theirs = logProbabilities(reference.logits.slice(position * vocabSize, (position + 1) * vocabSize));
    for (let i = 0; i < vocabSize; i++) {
      sums.divergence += Math.exp(theirs.values[i]!) * (theirs.values[i]! - ours.values[i]!);
      largestDifference = Math.max(largestDifference, Math.abs(theirs.logits[i]! - ours.logits[i]!));
    }
    if (ours.top === theirs.top) sums.sameTop++;
    const target = tokenIds[position + 1];
    if (target === undefined) continue;
    sums.loss -= ours.values[target]!;
    sums.referenceLoss -= theirs.values[target]!;
  }
  const tokens = tokenIds.length;
  return {
    tokens,
    perplexity: Math.exp(sums.loss / (tokens - 1)),
    referencePerplexity: Math.exp(sums.referenceLoss / (tokens - 1)),
    divergence: sums.divergence / tokens,
    sameTop: sums.sameTop / tokens,
    largestDifference,
  };
}

function logProbabilities(logits: Float32Array) {
  let top = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[top]!) top = i;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - logits[top]!);
  const logSum = logits[top]! + Math.log(sum);
  return { logits, top, values: Float64Array.from(logits, (logit) => logit - logSum) };
}

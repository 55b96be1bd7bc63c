import type { ModelRunner } from "../../engine/model-runner.ts";
import { loadTokenizer } from "../../model-folder/load-tokenizer.ts";
import type { ModelWeights } from "../../model-folder/model-folder.ts";
import type { CatalogModel } from "../../registry/model-catalog.ts";
import { refuseOtherTokenizer } from "../../registry/weights/load-weights.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { byteSize } from "./model-report.ts";

/** What a check found, in sentences. */
export interface ModelCheck {
  readonly name: string;
  readonly isSound: boolean;
  readonly findings: readonly string[];
}

/** Loads a model's graph for one sequence. */
export type LoadRunner = (weights: ModelWeights) => Promise<ModelRunner>;

const PROMPT = "The capital of France is";
const NUM_TOKENS = 8;

/** Loads a model for real and lets it generate a few tokens. Never throws. */
export async function checkModel(model: CatalogModel, loadRunner: LoadRunner): Promise<ModelCheck> {
  const { name, faults, weights } = model;
  if (!weights) return { name, isSound: false, findings: faults };
  try {
    return { name, isSound: true, findings: await tryOut(weights, loadRunner) };
  } catch (error) {
    return { name, isSound: false, findings: [error instanceof Error ? error.message : String(error)] };
  }
}

async function tryOut(weights: ModelWeights, loadRunner: LoadRunner): Promise<string[]> {
  const tokenizer = loadTokenizer(weights.folder);
  const startedAt = performance.now();
  const runner = await loadRunner(weights);
  try {
    const seconds = ((performance.now() - startedAt) / 1e3).toFixed(1);
    refuseOtherTokenizer(runner, tokenizer);
    const text = await continueText(runner, tokenizer);
    return [
      `${weights.layout} layout, ${byteSize(weights.weightBytes)} of weights, loaded in ${seconds} s`,
      `tokenizer with ${tokenizer.vocabSize} tokens; replies end at ${endOfReply(tokenizer)}`,
      `continues ${JSON.stringify(PROMPT)} with ${JSON.stringify(text)}`,
    ];
  } finally {
    await runner.close();
  }
}

/** Every token that ends a reply. */
function endOfReply(tokenizer: Tokenizer): string {
  return tokenizer.eosTokenIds.map((id) => tokenizer.tokenText(id)).join(", ");
}

/** The tokens that end this model's replies, or why they cannot be known. Never throws. */
export function readEndOfReply({ folder }: ModelWeights): string {
  try {
    return endOfReply(loadTokenizer(folder));
  } catch (error) {
    return `unknown: ${error instanceof Error ? error.message : error}`;
  }
}

/** Greedy, from the prompt's last token on. */
async function continueText(runner: ModelRunner, tokenizer: Tokenizer): Promise<string> {
  const prompt = tokenizer.encode(PROMPT);
  const next = async (newTokenIds: readonly number[], numComputedTokens: number) => {
    const row = { row: 0, numComputedTokens, tokenIds: newTokenIds, numLogits: 1 };
    return likeliest(await runner.run({ moves: [], rows: [row] }), runner.vocabSize);
  };
  const tokenIds = [await next(prompt, 0)];
  while (tokenIds.length < NUM_TOKENS && !tokenizer.eosTokenIds.includes(tokenIds.at(-1)!))
    tokenIds.push(await next(tokenIds.slice(-1), prompt.length + tokenIds.length - 1));
  return Buffer.concat(tokenIds.map((id) => tokenizer.tokenBytes(id))).toString();
}

/** @throws Error if the logits are no numbers, which a damaged weights file makes of them */
function likeliest(logits: Float32Array, vocabSize: number): number {
  let best = 0;
  for (let i = 0; i < vocabSize; i++) {
    if (!Number.isFinite(logits[i])) throw new Error(`logit ${i} is ${logits[i]}: the weights are damaged`);
    if (logits[i]! > logits[best]!) best = i;
  }
  return best;
}

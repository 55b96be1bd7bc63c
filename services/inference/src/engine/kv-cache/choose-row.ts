import type { Sequence } from "../sequence.ts";
import type { CacheRow } from "./cache-row.ts";
import { numCommonTokens } from "./prefix-index.ts";

/** Of a sequence's prompt: how much of it blocks hold, and how large they are. */
export interface KnownPrefix {
  readonly numTokens: number;
  readonly blockTokens: number;
}

/** A free row, and how many of the prompt's tokens it keeps. */
export interface RowChoice {
  readonly row: CacheRow;
  readonly numKept: number;
}

/**
 * The free row that holds most of the prompt, where the prompt begins with most of what it holds, or it saves a block more than
 * can be copied; else one that holds nothing; else the one freed first, of which nothing is kept: a sequence that begins from
 * nothing may yet change its row.
 */
export function chooseRow(free: readonly CacheRow[], sequence: Sequence, known: KnownPrefix): RowChoice {
  const worths = free.map((row) => worth(row, sequence, known));
  const most = Math.max(...worths);
  if (most > 0) return { row: free[worths.indexOf(most)]!, numKept: most };
  const empty = free.find(({ numHeld }) => numHeld === 0);
  return { row: empty ?? free.reduce((a, b) => (b.freedAt < a.freedAt ? b : a)), numKept: 0 };
}

/** Of the rows that hold nothing, the one nearest to those that run; there must be one. */
export function nearestEmptyRow(rows: readonly CacheRow[]): CacheRow {
  const running = rows.filter(({ sequence, numHeld }) => sequence !== undefined && numHeld > 0);
  const [first = 0, last = first] = [running[0]?.row, running.at(-1)?.row];
  const distance = ({ row }: CacheRow) => Math.max(first - row, row - last, 0);
  const empty = rows.filter(({ numHeld }) => numHeld === 0);
  return empty.reduce((a, b) => (distance(b) < distance(a) ? b : a));
}

/**
 * Of a prompt, always left to compute: the last one's logits are wanted, and over a single token the kernels round otherwise
 * than over several, so that a reply would depend on what was cached
 * (findings/onnxruntime-gqa-one-token-rounds-otherwise.sh).
 */
export const LEFT_TOKENS = 2;

/** How many tokens are to be had by taking it rather than another. */
function worth(row: CacheRow, { request, tokenIds, numPromptTokens }: Sequence, known: KnownPrefix): number {
  const numCommon = numCommonTokens(row.retained(request.cacheSalt), tokenIds);
  const numKept = Math.max(0, Math.min(numCommon, numPromptTokens - LEFT_TOKENS));
  const losesLittle = numKept >= known.blockTokens ? 2 * numKept >= row.numHeld : numCommon === row.numHeld;
  const savesMuch = numKept >= known.numTokens + known.blockTokens;
  return savesMuch || (losesLittle && numKept >= known.numTokens) ? numKept : 0;
}

import { Random } from "./random.ts";
import type { SamplingParams } from "./sampling-params.ts";

/** What drawing one sequence's tokens depends on beside the logits: parameters, random numbers, the tokens so far. */
export class SamplingState {
  readonly params: SamplingParams;
  readonly random: Random;
  readonly hasPenalties: boolean;
  /** Times each token of prompt and reply stands in the reply. Kept only with penalties. */
  readonly replyCounts = new Map<number, number>();

  constructor(params: SamplingParams, promptTokenIds: readonly number[]) {
    this.params = params;
    this.random = new Random(params.seed);
    const { repetitionPenalty, frequencyPenalty, presencePenalty } = params;
    this.hasPenalties = repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
    if (!this.hasPenalties) return;
    for (const tokenId of promptTokenIds) this.replyCounts.set(tokenId, 0);
  }

  /** Takes note of a token of the reply. */
  count(tokenId: number): void {
    if (!this.hasPenalties) return;
    this.replyCounts.set(tokenId, (this.replyCounts.get(tokenId) ?? 0) + 1);
  }
}

/** Largest finite float32. */
const MAX_LOGIT = 2 ** 128 - 2 ** 104;

/**
 * Applies the penalties in place: repetition as in Hugging Face's `RepetitionPenaltyLogitsProcessor` to every token of
 * prompt and reply, then frequency and presence to those of the reply. A logit that a tiny penalty would make infinite
 * becomes the largest there is.
 */
export function penalise(logits: Float32Array, { params, replyCounts }: SamplingState): void {
  for (const [tokenId, times] of replyCounts) {
    const logit = logits[tokenId]!;
    const repeated = logit > 0 ? logit / params.repetitionPenalty : logit * params.repetitionPenalty;
    const penalised = repeated - params.frequencyPenalty * times - (times > 0 ? params.presencePenalty : 0);
    logits[tokenId] = penalised > MAX_LOGIT && logit !== Number.POSITIVE_INFINITY ? MAX_LOGIT : penalised;
  }
}

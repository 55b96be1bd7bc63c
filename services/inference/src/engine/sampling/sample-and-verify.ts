import type { SampledToken, Sequence } from "../sequence.ts";
import type { PlanRow } from "../step-plan.ts";
import type { Sampler } from "./sampler.ts";

/**
 * Draws what a pass lets a sequence say: nothing after a chunk that is not its prompt's last, else a token, and one more for
 * each draft that the token drawn before it equals. Logits: float32 [numLogits, vocabSize].
 * @throws RangeError when a logit is NaN or +Infinity
 */
export function sampleAndVerify(
  sampler: Sampler,
  { sampling, request }: Sequence,
  { tokenIds, numLogits }: PlanRow,
  logits: Float32Array,
): readonly SampledToken[] {
  const vocabSize = logits.length / numLogits;
  const drafts = tokenIds.slice(tokenIds.length - numLogits + 1);
  const drawn: SampledToken[] = [];
  for (let i = 0; i < numLogits; i++) {
    const ofPosition = logits.subarray(i * vocabSize, (i + 1) * vocabSize);
    const tokenId = sampler.sample(ofPosition, sampling);
    sampling.count(tokenId);
    const logprobs =
      request.logprobs === undefined ? undefined : sampler.logprobs(ofPosition, tokenId, request.logprobs);
    drawn.push({ tokenId, logprobs });
    if (tokenId !== drafts[i]) break;
  }
  return drawn;
}

import { AcceptanceRate } from "./acceptance-rate.ts";
import { DraftCost } from "./draft-cost.ts";
import { type Draft, findDraft } from "./find-draft.ts";

/**
 * Drafts for a sequence that decodes alone, from its own context: a pass over several tokens costs hardly more than over one,
 * so drafts that turn out right are tokens gained. As many are checked as pay, by how often they were right; none
 * where passes that checked some took much longer. Drafts that are not checked are compared with what came all the same, which
 * costs nothing, and so it finds out when they pay again. Saxena, "Prompt Lookup Decoding" (2023).
 */
export class PromptLookup<T extends { readonly tokenIds: readonly number[] }> {
  readonly #cost = new DraftCost();
  readonly #rates = new WeakMap<T, AcceptanceRate>();
  #rate: AcceptanceRate | undefined;
  #draft: Draft | undefined;
  #numChecked = 0;

  /** Tokens to check behind the sequence's last one, at most `room`; none where that does not pay. */
  draft(sequence: T, room: number): readonly number[] {
    this.#numChecked = 0;
    this.#draft = findDraft(sequence.tokenIds);
    if (this.#draft === undefined) return [];
    this.#rate = this.#rateOf(sequence);
    const most = Math.min(room, this.#draft.tokenIds.length);
    this.#numChecked = this.#cost.mostWorth(most, this.#rate.chance(this.#draft));
    return this.#draft.tokenIds.slice(0, this.#numChecked);
  }

  /** Tokens that the pass after the last `draft` brought, and its milliseconds. */
  accept(tokenIds: readonly number[], passMs: number): void {
    this.#cost.learn(this.#numChecked, passMs);
    if (this.#draft) this.#rate?.learn(this.#draft, tokenIds);
    this.#draft = undefined;
  }

  #rateOf(sequence: T): AcceptanceRate {
    const known = this.#rates.get(sequence) ?? new AcceptanceRate();
    this.#rates.set(sequence, known);
    return known;
  }
}

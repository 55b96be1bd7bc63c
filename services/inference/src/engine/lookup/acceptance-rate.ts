import type { Draft } from "./find-draft.ts";

/** How likely a draft's token is right before anything was seen, by how many it was found by. */
const FIRST_GUESSES = [0, 0.1, 0.25, 0.4, 0.55, 0.7];
/** As many tokens seen weigh as much. */
const FIRST_WEIGHT = 2;
/** Of what was seen before, kept with each draft. */
const MEMORY = 0.9;

/** How often the drafts for one sequence turned out right, by how many tokens they were found by. */
export class AcceptanceRate {
  readonly #right = FIRST_GUESSES.map((guess) => guess * FIRST_WEIGHT);
  readonly #seen = FIRST_GUESSES.map(() => FIRST_WEIGHT);

  /** The chance that a token of the draft is right, those before it being so: 0 to 1. */
  chance({ numMatched }: Draft): number {
    return this.#right[numMatched]! / this.#seen[numMatched]!;
  }

  /** Compares a draft with the tokens that came, whether or not it was checked. */
  learn({ tokenIds, numMatched }: Draft, came: readonly number[]): void {
    const most = Math.min(tokenIds.length, came.length);
    let numRight = 0;
    while (numRight < most && tokenIds[numRight] === came[numRight]) numRight++;
    this.#right[numMatched] = MEMORY * this.#right[numMatched]! + numRight;
    this.#seen[numMatched] = MEMORY * this.#seen[numMatched]! + Math.min(numRight + 1, most);
  }
}

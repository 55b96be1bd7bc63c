/** Most tokens drafted: a check of more costs more than what is gained by the last of them. */
const MAX_DRAFT_TOKENS = 10;
/** More tokens alike say no more. */
const MAX_MATCH = 5;

/** What followed where a list's last tokens stood before. */
export interface Draft {
  readonly tokenIds: readonly number[];
  /** How many of the last tokens stood there, up to `MAX_MATCH`. */
  readonly numMatched: number;
}

/** Drafts what comes after some tokens: what followed the longest match of their end, the latest of several. */
export function findDraft(tokenIds: readonly number[]): Draft | undefined {
  const last = tokenIds.length - 1;
  let best = 0;
  let bestEnd = 0;
  // Some 5 µs for 4,096 tokens: most places differ in the first comparison.
  for (let end = last - 1; end >= 0 && best < MAX_MATCH; end--) {
    if (tokenIds[end] !== tokenIds[last]) continue;
    const numMatched = matchLength(tokenIds, end);
    if (numMatched <= best) continue;
    best = numMatched;
    bestEnd = end;
  }
  if (best === 0) return undefined;
  return { tokenIds: following(tokenIds, bestEnd), numMatched: best };
}

/** What followed the token at `end`; beyond the list's own end the same again, as in a loop. */
function following(tokenIds: readonly number[], end: number): readonly number[] {
  const period = tokenIds.length - 1 - end;
  const draft: number[] = [];
  while (draft.length < MAX_DRAFT_TOKENS) draft.push(tokenIds[end + 1 + (draft.length % period)]!);
  return draft;
}

/** How many tokens up to the one at `end` equal the last ones. */
function matchLength(tokenIds: readonly number[], end: number): number {
  const last = tokenIds.length - 1;
  let length = 1;
  while (length < MAX_MATCH && length <= end && tokenIds[end - length] === tokenIds[last - length]) length++;
  return length;
}

/** How many of a prompt's remaining tokens the next pass computes: chunks of like size, none over the limit. */
export function prefillChunk(remaining: number, limit: number): number {
  return Math.ceil(remaining / Math.ceil(remaining / limit));
}

/** 2015-01-01, when Discord's ids begin. */
const EPOCH_MS = 1_420_070_400_000;

/** Makes Discord's ids: milliseconds since its epoch above 22 bits, of which a counter fills the lowest. */
export function createSnowflakes(now: () => number): () => string {
  let count = 0n;
  return () => String((BigInt(now() - EPOCH_MS) << 22n) | (count++ & 0xfffn));
}

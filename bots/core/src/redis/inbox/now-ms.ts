/** How much longer the machine has run than `performance.now()` says, which counts no sleep of the machine on Linux. */
let asleepMs = 0;

/** Milliseconds that never go back. A machine's clock that is set forward counts as a sleep: leases are only asked for anew. */
export function nowMs(): number {
  const awakeMs = performance.now();
  asleepMs = Math.max(asleepMs, Date.now() - performance.timeOrigin - awakeMs);
  return awakeMs + asleepMs;
}

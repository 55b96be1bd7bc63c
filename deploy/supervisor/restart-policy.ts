/** A process that ran this long was healthy: its deaths are counted anew. */
export const HEALTHY_AFTER_MS = 30_000;
/** Quick deaths in a row after which starting it again is no use. */
export const MAX_QUICK_DEATHS = 5;
/** Exit codes by which a process of ours says that its configuration or its port is wrong: another start is no use. */
const HOPELESS_EXIT_CODES: readonly (number | null)[] = [2, 3];
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8000;

/** What follows a death: another start after a while, or none. */
export type AfterDeath =
  | { readonly type: "restart"; readonly quickDeaths: number; readonly delayMs: number }
  | { readonly type: "give-up"; readonly quickDeaths: number };

/** A process that ended. */
export interface Death {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  /** How long it had run. */
  readonly ranMs: number;
}

/** Decides after a death with `quickDeaths` before it: doubles the wait, then gives up. */
export function afterDeath(quickDeaths: number, { exitCode, ranMs }: Death): AfterDeath {
  const deaths = ranMs >= HEALTHY_AFTER_MS ? 1 : quickDeaths + 1;
  if (deaths >= MAX_QUICK_DEATHS || HOPELESS_EXIT_CODES.includes(exitCode))
    return { type: "give-up", quickDeaths: deaths };
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (deaths - 1), LONGEST_DELAY_MS);
  return { type: "restart", quickDeaths: deaths, delayMs };
}

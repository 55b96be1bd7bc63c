import { pause } from "../port/pause.ts";

/** Most requests get their place at once; only those that wait are asked about. */
export const FIRST_LOOK_MS = 300;
const LOOK_MS = 1_000;

/** Tells how many requests are ahead while one waits for its place, until the signal aborts. Never rejects. */
export async function reportQueue(
  queueLength: () => Promise<number>,
  report: (ahead: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const ahead = await queueLength().catch(() => 0);
    if (ahead > 0 && !signal.aborted) await report(ahead).catch(() => undefined);
    await pause(LOOK_MS, signal);
  }
}

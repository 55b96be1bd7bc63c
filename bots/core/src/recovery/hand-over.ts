import type { Core } from "../message/core.ts";
import { within } from "../port/within.ts";

/** Of the time that a process has to end. */
const LIMIT_MS = 1_000;

/** Leaves what this process has not answered to others, if others share its memory. Never rejects. */
export async function handOver({ store, running, logger }: Core): Promise<void> {
  const { release } = store;
  if (!release) return;
  const left = running.leaveAll().then(() => release.call(store));
  await within(LIMIT_MS, left).catch((error: unknown) => logger.warn({ err: error }, "not all was handed over"));
}

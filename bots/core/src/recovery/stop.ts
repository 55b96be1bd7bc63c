import type { Core } from "../message/core.ts";
import { within } from "../port/within.ts";

/** Of the time that a process has to end. */
const LIMIT_MS = 1_000;

/** Leaves what this process has not answered to others, if others share its memory. Never rejects. */
export async function stop({ stores: { inbox }, running, logger }: Core): Promise<void> {
  if (!inbox.isShared) return;
  const released = running.releaseAll().then(() => inbox.releaseAll());
  await within(LIMIT_MS, released).catch((error: unknown) => logger.warn({ err: error }, "not all was released"));
}

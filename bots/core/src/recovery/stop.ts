import type { Core } from "../message/core.ts";
import { within } from "../port/within.ts";

/** Of the time that a process has to end: for what is under way, and then for the store. */
const LIMIT_MS = 1_000;

/** Leaves what this process has not answered to others, if others share its memory; what hangs too. Never rejects. */
export async function stop({ stores: { inbox }, running, logger }: Core): Promise<void> {
  if (!inbox.isShared) return;
  const log = (error: unknown) => logger.warn({ err: error }, "not all was released");
  await within(LIMIT_MS, running.releaseAll()).catch(log);
  await within(LIMIT_MS, inbox.releaseAll()).catch(log);
}

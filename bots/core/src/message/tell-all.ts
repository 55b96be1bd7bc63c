import type { ReplySignal } from "../conversation/signals.ts";
import type { Core } from "./core.ts";

/** Tells this process at once, and the others through the store, which may be away. */
export async function tellAll({ running, store }: Core, signal: ReplySignal): Promise<void> {
  running.hear(signal);
  await store.signal(signal);
}

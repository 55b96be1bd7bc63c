import type { ConversationStore } from "../conversation-store.ts";
import { pause } from "../pause.ts";
import type { Unanswered } from "./unanswered.ts";

/** How often a process looks for what dead ones left; a process counts as dead after about fifteen seconds. */
const LOOK_MS = 3_000;

/** Hands what dead processes of a platform left to `answer`, until the signal aborts. Never rejects. */
export async function adoptReplies(
  store: ConversationStore,
  platform: string,
  { signal, answer }: { readonly signal: AbortSignal; answer(unanswered: Unanswered): void },
): Promise<void> {
  while (!signal.aborted) {
    const abandoned = await store.takeAbandoned(platform).catch(() => []);
    for (const unanswered of abandoned) answer(unanswered);
    await pause(LOOK_MS, signal);
  }
}

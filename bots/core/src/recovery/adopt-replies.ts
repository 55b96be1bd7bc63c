import type { Logger } from "pino";
import type { ConversationStore } from "../conversation/conversation-store.ts";
import type { ServedPlaces } from "../port/bot.ts";
import { BotError } from "../port/bot-error.ts";
import { pause } from "../port/pause.ts";
import type { Unanswered } from "./unanswered.ts";

/** How often a process looks for what dead ones left; a process counts as dead after about fifteen seconds. */
const LOOK_MS = 3_000;

export interface AdoptRepliesOptions {
  readonly store: ConversationStore;
  readonly where: ServedPlaces;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  answer(unanswered: Unanswered): void;
}

/** Hands what dead processes left to `answer`, until the signal aborts. Never rejects. */
export async function adoptReplies({ store, where, signal, logger, answer }: AdoptRepliesOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const unanswered of await store.takeAbandoned(where)) answer(unanswered);
    } catch (error) {
      // Of a Redis that is away its connection tells.
      if (!(error instanceof BotError)) logger.warn({ err: error }, "what dead processes left could not be looked for");
    }
    await pause(LOOK_MS, signal);
  }
}

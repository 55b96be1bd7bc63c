import type { SlackContext } from "../context.ts";
import { answerMessage } from "./answer-message.ts";
import { isForBotAtSight } from "./for-bot.ts";
import { isWritten, placeOf, type SlackMessageEvent } from "./message-event.ts";
import { toRaw } from "./raw-event.ts";

export interface ReceiveOptions {
  /** Called once it is claimed: it can no longer be lost. */
  readonly onClaimed?: () => void;
  /** Whether it was not for the bot before it was edited. Default false. */
  readonly isEdited?: boolean;
}

/** Claims a message that may be for the bot, before anything is looked up, and answers it. */
export async function receive(
  context: SlackContext,
  event: SlackMessageEvent,
  { onClaimed, isEdited = false }: ReceiveOptions = {},
): Promise<void> {
  const isForeign = event.user !== context.botUserId && isWritten(event);
  if (!isForeign || isForBotAtSight(context, event) === false) return;
  // It may have been claimed, and found to be nothing for the bot, as it was before.
  const eventId = `${context.botUserId}:${event.channel}:${event.ts}${isEdited ? ":edited" : ""}`;
  const received = { eventId, messageId: event.ts, place: placeOf(event, context), raw: toRaw(event) };
  await context.core.receive(received, async (claimed) => {
    onClaimed?.();
    await answerMessage(context, claimed, event);
  });
}

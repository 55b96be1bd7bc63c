import type { ClaimedEvent } from "@cria/bot-core";
import { answerCommand, tellPrivately } from "../commands/answer-command.ts";
import { placeAt, replyStarter, type SlackContext } from "../context.ts";
import { isForBot, isInThread, isOverheard } from "./for-bot.ts";
import { placeOf, type SlackMessageEvent } from "./message-event.ts";
import { fromRaw } from "./raw-event.ts";
import { readMessage } from "./read-message.ts";

const READ_TIMEOUT_MS = 10_000;

/** Goes on with a message that another process had claimed. */
export async function recoverMessage(context: SlackContext, claimed: ClaimedEvent): Promise<void> {
  const { event, isWhole } = fromRaw(claimed.event.raw);
  const begun = { handle: claimed.handle ?? "" };
  if (isWhole) return await answerMessage(context, claimed, event, begun);
  const { channel, ts, thread_ts: threadTs = ts } = event;
  const message = await context.threads.message({ channel, threadTs, ts }, READ_TIMEOUT_MS);
  if (message) await answerMessage(context, claimed, { ...event, ...message }, begun);
}

/** Looks up what a claimed message takes, and does what it asks for; nothing where it is not for the bot. `begun`: by another process. */
export async function answerMessage(
  context: SlackContext,
  claimed: ClaimedEvent,
  event: SlackMessageEvent,
  begun?: { readonly handle: string },
): Promise<void> {
  // What was begun is ended, whatever was set since.
  const isMeant = claimed.handle !== undefined || (await isForBot(context, event));
  if (isMeant === undefined && begun) throw new Error("nobody can tell just now whether a message was for the bot");
  if (!isMeant) return;
  const read = await readMessage(context, event);
  const thread = placeOf(event, context);
  const { user: userId = "", user_team: teamId, channel, thread_ts, ts } = event;
  const asker = { userId, teamId, ts };
  if (read.type === "question") return await claimed.answer(read.message, replyStarter(context, thread, asker, begun));
  const { author } = read;
  // Someone who may not talk to the bot talks to others beside it: they did not ask, so nothing is said.
  if (isOverheard(context, event) && context.core.refusal({ author, place: thread }) !== undefined) return;
  // Outside of threads a command is for the channel, though its answer comes in a thread.
  const place = placeAt(context, channel, isInThread(event) ? thread_ts : undefined);
  if (read.type === "command") {
    const { command } = read;
    const isRecovered = begun !== undefined;
    return await answerCommand(context, { claimed, place, thread, author, asker, command, isRecovered });
  }
  const refusal = await context.core.stopReply({ place, author, inThreads: true });
  if (refusal !== undefined) await tellPrivately(context, thread, userId, refusal);
}

import { conversationKey } from "../conversation/conversation-key.ts";
import type { Delivery, NewEntry } from "../conversation/inbox.ts";
import type { Core } from "../message/core.ts";
import { Pending } from "../message/pending.ts";
import { type PendingWork, runPending, tellOfFailure } from "../message/receive.ts";
import type { RecoverOptions } from "../port/bot.ts";
import { BotError } from "../port/bot-error.ts";
import type { ReplyButtons } from "../port/reply.ts";

/** A message that took three processes down may take the next one down; that one is not put at risk. */
const MAX_DELIVERIES = 3;
/** Nobody waits longer for an answer without asking again. */
const MAX_AGE_MS = 10 * 60_000;

const AGAIN_AND_AGAIN = "I tried three times to answer this, and could not. Ask again, or in other words.";
const AWAY = "I was away when you asked this. Ask again.";
const PRESSED = "I was restarted while I answered this. Press the button again.";
const COMPARED = "I was restarted while I compared the two. Ask again.";

/** What to do about what others left. */
export type RecoveredWork = Omit<RecoverOptions, "work"> & { readonly work: PendingWork };

/** From now on goes on with what processes of a writer left. Returns a function that ends it. */
export function recover(core: Core, options: RecoveredWork): () => void {
  const { writer } = options;
  const onDelivery = (delivery: Delivery) => {
    const { entry } = delivery;
    void core.running.track(() => tellOfFailure(core, entry, () => goOn(core, delivery, options)));
  };
  return core.stores.inbox.takeOver({ writer, serves: (place) => options.serves(place), onDelivery });
}

/** From the beginning it hears what happens to it. What was deleted is not answered, and what is shown of it taken away. */
async function goOn(core: Core, delivery: Delivery, options: RecoveredWork): Promise<void> {
  const { entry, state } = delivery;
  const { handle, isDeleted, isStopped } = state;
  if (isDeleted && handle === undefined) return await delivery.end();
  if (delivery.count > MAX_DELIVERIES + 1) return await endUntold(core, delivery);
  const isMessage = entry.kind === "message";
  const pending = new Pending(core, delivery, { failure: isMessage ? whyGivenUp(delivery) : undefined });
  if (isDeleted || isStopped) pending.running.stop(isDeleted ? "deleted" : "stopped");
  await runPending(core, pending, async () => {
    // Where the platform does not say, it is written again.
    const hasEnded = handle !== undefined && (await options.hasEnded(entry.place, handle).catch(() => false));
    if (!hasEnded) await (isMessage ? options.work(pending) : pending.once(() => giveUp(core, pending, options)));
  });
}

/** Ends an entry that was delivered too often without telling its author: to read it may be what ends the process. */
async function endUntold({ logger }: Core, delivery: Delivery): Promise<void> {
  const { entry, count } = delivery;
  logger.error({ conversation: conversationKey(entry.place), eventId: entry.eventId, count }, "a message was given up");
  await delivery.end();
}

/** Undefined for a message that is answered. It is told so by the platform's own work, which knows whether it was for the bot. */
function whyGivenUp({ count, ageMs }: Delivery): BotError | undefined {
  if (count > MAX_DELIVERIES) return new BotError("INTERNAL", AGAIN_AND_AGAIN);
  return ageMs > MAX_AGE_MS ? new BotError("INTERNAL", AWAY) : undefined;
}

/** What a button or a command had begun is not begun again. */
async function giveUp(core: Core, pending: Pending, { startReply }: RecoveredWork): Promise<void> {
  const { kind, place, messageId, replyId } = pending.delivery.entry;
  const sentence = kind === "press" ? PRESSED : COMPARED;
  core.logger.warn({ conversation: conversationKey(place), sentence }, "a reply was given up");
  const { handle } = pending.delivery.state;
  const reply = await startReply({ place, messageId, replyId, handle }, pending.facts({}));
  if (pending.running.isDeleted && reply.discard) await reply.discard();
  else await reply.fail(sentence, kind === "press" ? await keepForAgain(core, pending.delivery.entry) : "none");
}

/** What was pressed is answered again by the button under the sentence: its own is gone. */
async function keepForAgain({ stores }: Core, { place, replyId, raw: pressed }: NewEntry): Promise<ReplyButtons> {
  const conversation = conversationKey(place);
  const kept = await stores.replies.get(conversation, pressed);
  if (!kept) return "none";
  const { generation } = await stores.rounds.read(conversation);
  const failed = { text: "", end: "failed", shownIn: undefined, replaces: kept.replaces ?? kept.id } as const;
  const isKept = await stores.replies.keep(conversation, { ...kept, id: replyId, ...failed }, generation);
  return isKept ? "all" : "none";
}

import { conversationKey } from "../conversation/conversation-key.ts";
import type { Delivery } from "../conversation/inbox.ts";
import type { Core } from "../message/core.ts";
import { Pending, replyFacts } from "../message/pending.ts";
import { handle, type PendingWork, tellOfFailure } from "../message/receive.ts";
import type { RecoverOptions } from "../port/bot.ts";
import { BotError } from "../port/bot-error.ts";

/** A message that took three processes down may take the next one down; that one is not put at risk. */
const MAX_DELIVERIES = 3;
/** Nobody waits longer for an answer without asking again. */
const MAX_AGE_MS = 10 * 60_000;

const AGAIN_AND_AGAIN = "I was restarted three times while I answered this. Ask again, or in other words.";
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

/** From the beginning it hears what happens to it. What was deleted is only ended. */
async function goOn(core: Core, delivery: Delivery, options: RecoveredWork): Promise<void> {
  const { entry, state, count } = delivery;
  const { handle: begun, isDeleted, isStopped } = state;
  // Whoever only reads it dies, too.
  if (isDeleted || count > MAX_DELIVERIES + 1) return await delivery.end();
  const isMessage = entry.kind === "message";
  const pending = new Pending(core, delivery, { failure: isMessage ? whyGivenUp(delivery) : undefined });
  if (isStopped) pending.running.stop("stopped");
  await handle(core, pending, async () => {
    // Where the platform does not say, it is written again.
    const hasEnded = begun !== undefined && (await options.hasEnded(entry.place, begun).catch(() => false));
    if (hasEnded || pending.running.isDeleted) return;
    const sentence = entry.kind === "press" ? PRESSED : COMPARED;
    await (isMessage ? options.work(pending) : giveUp(core, { delivery, sentence, options }));
  });
}

/** Undefined for a message that is answered. It is told so by the platform's own work, which knows whether it was for the bot. */
function whyGivenUp({ count, ageMs }: Delivery): BotError | undefined {
  if (count > MAX_DELIVERIES) return new BotError("INTERNAL", AGAIN_AND_AGAIN);
  return ageMs > MAX_AGE_MS ? new BotError("INTERNAL", AWAY) : undefined;
}

interface GivenUp {
  readonly delivery: Delivery;
  readonly sentence: string;
  readonly options: RecoveredWork;
}

/** What a button or a command had begun is not begun again. */
async function giveUp(core: Core, { delivery, sentence, options }: GivenUp): Promise<void> {
  const { place, messageId, replyId } = delivery.entry;
  core.logger.warn({ conversation: conversationKey(place), sentence }, "a reply was given up");
  const givenUp = { place, messageId, replyId, handle: delivery.state.handle };
  const reply = await options.startReply(givenUp, replyFacts(core, delivery, {}));
  await reply.fail(sentence, "none");
}

import { conversationKey } from "../conversation/conversation-key.ts";
import type { EntryState } from "../conversation/inbox.ts";
import type { ReplySignal } from "../conversation/signals.ts";
import type { MessageDeletion, MessageEdit } from "../port/message.ts";
import type { Place } from "../port/place.ts";
import type { Core } from "./core.ts";

/** A reply under way hears of the edit and begins anew; those that ended are regenerated from the new text. Never rejects. */
export async function handleEdit(core: Core, { place, messageId, text }: MessageEdit): Promise<void> {
  const conversation = conversationKey(place);
  await core.unheard.make(`${conversation} ${messageId}`, async () => {
    await tellAll(core, place, { type: "edit", conversation, messageId, text });
    await core.stores.replies.editQuestion(conversation, messageId, text);
  });
}

/** A reply under way stops and is not remembered; one that has ended is forgotten with its question. Never rejects. */
export async function handleDeletion(core: Core, { place, ids }: MessageDeletion): Promise<void> {
  const conversation = conversationKey(place);
  await core.unheard.make(`${conversation} ${ids[0]}`, async () => {
    await tellAll(core, place, { type: "deletion", conversation, ids });
    await core.stores.rounds.forget(conversation, ids);
  });
}

/**
 * Tells this process at once, and the others through the store, which may be away. What nobody answers just now, since its
 * process died, is noted before: whoever takes it over hears of it in one way or the other.
 */
export async function tellAll({ stores }: Core, place: Place, signal: ReplySignal): Promise<void> {
  const [changes, ids] = noteOf(signal);
  await Promise.all([stores.inbox.note(place, changes, ids), stores.signals.publish(signal)]);
}

function noteOf(signal: ReplySignal): readonly [changes: EntryState, ids?: readonly string[]] {
  if (signal.type === "edit") return [{ text: signal.text }, [signal.messageId]];
  if (signal.type === "deletion") return [{ isDeleted: true }, signal.ids];
  return signal.replyId === undefined ? [{ isStopped: true }] : [{ isStopped: true }, [signal.replyId]];
}

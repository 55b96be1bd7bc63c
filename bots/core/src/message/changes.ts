import { conversationKey } from "../conversation/conversation-key.ts";
import type { ReplySignal } from "../conversation/signals.ts";
import type { MessageDeletion, MessageEdit } from "../port/message.ts";
import type { Core } from "./core.ts";

/** A reply under way hears of the edit and begins anew; those that ended are regenerated from the new text. Never rejects. */
export async function handleEdit(core: Core, { place, messageId, text }: MessageEdit): Promise<void> {
  const conversation = conversationKey(place);
  try {
    await tellAll(core, { type: "edit", conversation, messageId, text });
    await core.stores.replies.editQuestion(conversation, messageId, text);
  } catch (error) {
    core.logger.warn({ err: error, conversation }, "an edit was not heard");
  }
}

/** A reply under way stops and is not remembered; one that has ended is forgotten with its question. Never rejects. */
export async function handleDeletion(core: Core, { place, ids }: MessageDeletion): Promise<void> {
  const conversation = conversationKey(place);
  try {
    await tellAll(core, { type: "deletion", conversation, ids });
    await core.stores.rounds.forget(conversation, ids);
  } catch (error) {
    core.logger.warn({ err: error, conversation }, "a deletion was not heard");
  }
}

/** Tells this process at once, and the others through the store, which may be away. */
export async function tellAll({ running, stores }: Core, signal: ReplySignal): Promise<void> {
  running.hear(signal);
  await stores.signals.publish(signal);
}

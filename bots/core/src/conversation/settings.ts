import type { Place } from "../port/place.ts";
import { settingsKeys } from "./conversation-key.ts";
import type { ConversationSettings, ConversationStore } from "./conversation-store.ts";

/** Settings that hold at a place: each field from the nearest of thread, channel and workspace where it is set. */
export async function resolveSettings(store: ConversationStore, place: Place): Promise<ConversationSettings> {
  const nearestFirst = await Promise.all(settingsKeys(place).map((key) => store.settings(key)));
  return Object.assign({}, ...nearestFirst.reverse());
}

import type { SettingsScope } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import type { ConversationSettings } from "../port/settings.ts";
import { settingsKey, settingsKeys } from "./conversation-key.ts";

/** Most UTF-16 code units of a persona. */
export const MAX_PERSONA_LENGTH = 8_000;

/** A change of settings: undefined takes a field back. */
export type SettingsPatch = { readonly [K in keyof ConversationSettings]: ConversationSettings[K] | undefined };

/** Settings of workspaces, channels and threads, by key. One contract suite runs on every implementation. */
export interface SettingsStore {
  get(key: string): Promise<ConversationSettings>;
  /** Sets the given fields. Atomic. */
  update(key: string, patch: SettingsPatch): Promise<void>;
}

/** Settings that hold in a scope of a place, without one at the place itself: each field from the nearest of thread, channel and workspace where it is set. */
export async function resolveSettings(
  store: SettingsStore,
  place: Place,
  scope?: SettingsScope,
): Promise<ConversationSettings> {
  const keys = settingsKeys(place);
  const inScope = keys.slice(keys.indexOf(settingsKey(place, scope)));
  const nearestFirst = await Promise.all(inScope.map((key) => store.get(key)));
  return Object.assign({}, ...nearestFirst.reverse());
}

import type { ContextMode } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import { settingsKeys } from "./conversation-key.ts";

/** What someone set for a conversation; what is absent comes from the model or the defaults. */
export interface ConversationSettings {
  readonly model?: string;
  readonly system?: string;
  readonly contextMode?: ContextMode;
  /** Rounds kept, k; the window holds k to 2k - 1. */
  readonly window?: number;
  /** Whether the workspace collects feedback; means something among the workspace's settings only. */
  readonly feedback?: boolean;
}

/** A change of settings: undefined takes a field back. */
export type SettingsPatch = { readonly [K in keyof ConversationSettings]: ConversationSettings[K] | undefined };

/** Settings of workspaces, channels and threads, by key. One contract suite runs on every implementation. */
export interface SettingsStore {
  get(key: string): Promise<ConversationSettings>;
  /** Sets the given fields. Atomic. */
  update(key: string, patch: SettingsPatch): Promise<void>;
}

/** As the store of before reads them. */
type SettingsReader = { settings(key: string): Promise<ConversationSettings> };

/** Settings that hold at a place: each field from the nearest of thread, channel and workspace where it is set. */
export async function resolveSettings(store: SettingsReader, place: Place): Promise<ConversationSettings> {
  const nearestFirst = await Promise.all(settingsKeys(place).map((key) => store.settings(key)));
  return Object.assign({}, ...nearestFirst.reverse());
}

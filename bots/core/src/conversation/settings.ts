import type { ContextMode } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import { settingsKeys } from "./conversation-key.ts";

/** Most UTF-16 code units of a persona. */
export const MAX_PERSONA_LENGTH = 8_000;

/** What someone set for a conversation; what is absent comes from the model or the defaults. */
export interface ConversationSettings {
  readonly model?: string;
  readonly system?: string;
  readonly contextMode?: ContextMode;
  /** Rounds kept, k; the window holds k to 2k - 1. */
  readonly window?: number;
  /** Whether messages of a channel are answered that do not name the bot. Default false. */
  readonly answersAll?: boolean;
  /** Whether each mention in a channel is answered in a thread of its own, where a platform leaves the choice. Default false. */
  readonly opensThreads?: boolean;
  /** Whether the model is shown who said what in channels and threads. Default true. */
  readonly showsNames?: boolean;
  /** Whether links in replies get preview cards. Default false. */
  readonly showsPreviews?: boolean;
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

/** Settings that hold at a place: each field from the nearest of thread, channel and workspace where it is set. */
export async function resolveSettings(store: SettingsStore, place: Place): Promise<ConversationSettings> {
  const nearestFirst = await Promise.all(settingsKeys(place).map((key) => store.get(key)));
  return Object.assign({}, ...nearestFirst.reverse());
}

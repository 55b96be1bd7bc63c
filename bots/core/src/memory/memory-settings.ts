import type { SettingsStore } from "../conversation/settings.ts";
import type { ConversationSettings } from "../port/settings.ts";

/** Most keys that have settings; those changed longest ago go first. */
const MAX_KEYS = 10_000;

/** Settings in this process, until it ends. */
export function createMemorySettings(): SettingsStore {
  const settings = new Map<string, ConversationSettings>();
  return {
    get: async (key) => settings.get(key) ?? {},
    update: async (key, patch) => {
      const fields = Object.entries({ ...settings.get(key), ...patch }).filter(([, value]) => value !== undefined);
      settings.delete(key);
      if (fields.length > 0) settings.set(key, Object.fromEntries(fields));
      const [oldest] = settings.keys();
      if (settings.size > MAX_KEYS) settings.delete(oldest!);
    },
  };
}

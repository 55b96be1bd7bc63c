import type { SettingName } from "../port/command.ts";
import type { ConversationSettings } from "../port/settings.ts";

/** The fields of settings that are switches. */
type Switch = { [K in keyof ConversationSettings]-?: ConversationSettings[K] extends boolean | undefined ? K : never };

/** What one can switch by `/setting`. */
export interface ChannelSetting {
  readonly field: Switch[keyof ConversationSettings];
  readonly isOnByDefault: boolean;
  /** What it does when it is on: follows the name in a list. */
  readonly description: string;
}

/** The switches of a channel, by their names. */
export const CHANNEL_SETTINGS: Readonly<Record<SettingName, ChannelSetting>> = {
  "answer-all": {
    field: "answersAll",
    isOnByDefault: false,
    description: "every message is answered, whether it names me or not",
  },
  threads: {
    field: "opensThreads",
    isOnByDefault: false,
    description: "each mention is answered in a thread of its own",
  },
  names: { field: "showsNames", isOnByDefault: true, description: "the model is shown who said what" },
  previews: { field: "showsPreviews", isOnByDefault: false, description: "links in my replies get preview cards" },
};

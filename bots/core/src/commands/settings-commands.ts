import { settingsKey, workspaceKey } from "../conversation/conversation-key.ts";
import { resolveSettings, type SettingsPatch } from "../conversation/settings.ts";
import type { Command, SettingName } from "../port/command.ts";
import type { ConversationSettings } from "../port/settings.ts";
import { inlineCode } from "../text/markdown.ts";
import { CHANNEL_SETTINGS } from "./channel-settings.ts";
import { type CommandContext, scopeWords } from "./command-context.ts";

/** Sets how the conversation is remembered, or says how it is. */
export async function setContext(
  { mode, window, scope }: Command & { type: "context" },
  { stores, place, window: defaultWindow, words }: CommandContext,
): Promise<string> {
  const patch: SettingsPatch =
    mode === "default"
      ? { contextMode: undefined, window }
      : { ...(mode !== undefined && { contextMode: mode }), ...(window !== undefined && { window }) };
  if (Object.keys(patch).length > 0) await stores.settings.update(settingsKey(place, scope), patch);
  const settings = await resolveSettings(stores.settings, place, scope);
  const where = scope === undefined ? "" : ` ${scopeWords(scope, words)}`;
  return describeContext({ window: defaultWindow, ...settings }, where);
}

function describeContext(
  { contextMode = "turns", window }: ConversationSettings & { window: number },
  where: string,
): string {
  if (contextMode === "off") return `Each message${where} stands for itself (\`off\`).`;
  const how = contextMode === "merged" ? "in one instruction, where the model's format has instructions" : "as turns";
  return `The last ${window} to ${2 * window - 1} rounds go into a prompt${where}, ${how} (${inlineCode(contextMode)}).`;
}

/** Switches the workspace's feedback, or says how it stands. */
export async function setFeedback(
  isOn: boolean | undefined,
  { stores, feedback, place }: CommandContext,
): Promise<string> {
  if (!feedback)
    return "Ratings cannot be kept: I remember in my own process only. Whoever runs me can give me a Redis.";
  if (isOn !== undefined) await stores.settings.update(workspaceKey(place), { feedback: isOn });
  const isWanted = isOn ?? (await stores.settings.get(workspaceKey(place))).feedback ?? false;
  return isWanted
    ? "Feedback is on: 👍 and 👎 are kept with question and reply, for training."
    : "Feedback is off: no ratings are asked for or kept.";
}

/** Switches something of a channel, or says how it stands: all of it without a name. */
export async function setSetting(
  { name, value, scope }: Command & { type: "setting" },
  { stores, place, words }: CommandContext,
): Promise<string> {
  const setIn = scope ?? "channel";
  if (name !== undefined && value !== undefined) {
    const isOn = value === "default" ? undefined : value === "on";
    await stores.settings.update(settingsKey(place, setIn), { [CHANNEL_SETTINGS[name].field]: isOn });
  }
  const settings = await resolveSettings(stores.settings, place, setIn);
  const isOn = (each: SettingName) => settings[CHANNEL_SETTINGS[each].field] ?? CHANNEL_SETTINGS[each].isOnByDefault;
  if (name !== undefined) {
    const where = scopeWords(value === undefined ? scope : setIn, words);
    return `${inlineCode(name)} is **${onOrOff(isOn(name))}** ${where}.`;
  }
  const lines = words.settings.map(
    (each) => `- ${inlineCode(each)} (${onOrOff(isOn(each))}): ${CHANNEL_SETTINGS[each].description}`,
  );
  return `${lines.join("\n")}\n\n\`${words.commandPrefix}setting NAME on\` or \`off\` switches one for this channel.`;
}

const onOrOff = (isOn: boolean) => (isOn ? "on" : "off");

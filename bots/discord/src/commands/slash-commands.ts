import { CHANNEL_SETTINGS, type Command, commandCompletions, MAX_WINDOW, SETTING_VALUES } from "@cria/bot-core";
import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord.js";

import { DISCORD_WORDS } from "../words.ts";

/** A persona in one option: Discord's limit. */
const MAX_TEXT_LENGTH = 6_000;
const MAX_DESCRIPTION_LENGTH = 100;

const scope = choice("where", "where it holds; without it, this conversation", [
  ["this channel, its threads included", "channel"],
  ["this server", "workspace"],
]);

/** What may be given with each command. */
const OPTIONS: Readonly<Record<Command["type"], APIApplicationCommandBasicOption[]>> = {
  model: [model("name", "a model's name, or default; without it, the list", false), scope],
  system: [text("persona", 'as "You are a patient teacher of chess."; default takes it back', false), scope],
  context: [
    choice("mode", "how earlier rounds stand in a prompt", [
      ["off: each message stands for itself", "off"],
      ["turns: each round as a round", "turns"],
      ["merged: history and message in one instruction", "merged"],
      ["default: takes it back", "default"],
    ]),
    {
      type: ApplicationCommandOptionType.Integer,
      name: "rounds",
      description: "how many rounds are remembered",
      min_value: 1,
      max_value: MAX_WINDOW,
    },
    scope,
  ],
  setting: [
    choice(
      "name",
      "what to switch; without it, how all stand",
      DISCORD_WORDS.settings.map((name) => [`${name}: ${CHANNEL_SETTINGS[name].description}`, name]),
    ),
    choice(
      "state",
      "without it, how it stands",
      SETTING_VALUES.map((value) => [value, value]),
    ),
    choice("where", "where it holds; without it, this channel", [["this server", "workspace"]]),
  ],
  compare: [
    model("first", "one model", true),
    model("second", "another", true),
    text("question", "what both answer", true),
  ],
  feedback: [
    choice("state", "whether 👍 and 👎 are kept for training", [
      ["on", "on"],
      ["off", "off"],
    ]),
  ],
  reset: [],
  status: [],
  help: [],
};

/** The slash commands, as they are registered with Discord. */
export const SLASH_COMMANDS: readonly RESTPostAPIChatInputApplicationCommandsJSONBody[] = commandCompletions.map(
  ({ name, description }) => ({
    name,
    description: description.slice(0, MAX_DESCRIPTION_LENGTH),
    options: OPTIONS[name],
  }),
);

function model(name: string, description: string, required: boolean): APIApplicationCommandBasicOption {
  return { type: ApplicationCommandOptionType.String, name, description, required, autocomplete: true };
}

function text(name: string, description: string, required: boolean): APIApplicationCommandBasicOption {
  return { type: ApplicationCommandOptionType.String, name, description, required, max_length: MAX_TEXT_LENGTH };
}

function choice(
  name: string,
  description: string,
  choices: readonly (readonly [name: string, value: string])[],
): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.String,
    name,
    description,
    choices: choices.map(([shown, value]) => ({ name: shown, value })),
  };
}

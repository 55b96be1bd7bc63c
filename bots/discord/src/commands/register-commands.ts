import {
  ApplicationIntegrationType,
  InteractionContextType,
  type REST,
  type RESTGetAPIApplicationCommandsResult,
  Routes,
} from "discord.js";
import { SLASH_COMMANDS } from "./slash-commands.ts";

type Registered = RESTGetAPIApplicationCommandsResult;
type Commands = typeof SLASH_COMMANDS;

/** In servers that have the bot and in direct messages with it: elsewhere it could not write its replies. */
const WHERE_OFFERED = {
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
};

/**
 * Registers the slash commands, in the guilds named or everywhere. What is registered so already is left alone: Discord
 * counts 200 new commands a day. Returns whether anything was changed. Rejects when one guild refuses, with the others done.
 */
export async function registerCommands(
  rest: REST,
  applicationId: string,
  guildIds: readonly string[],
): Promise<boolean> {
  const everywhere = Routes.applicationCommands(applicationId);
  if (guildIds.length === 0)
    return await overwrite(
      rest,
      everywhere,
      SLASH_COMMANDS.map((command) => ({ ...command, ...WHERE_OFFERED })),
    );
  const inGuilds = guildIds.map((guildId) => Routes.applicationGuildCommands(applicationId, guildId));
  const results = await Promise.allSettled(inGuilds.map((route) => overwrite(rest, route, SLASH_COMMANDS)));
  // People would see each command twice.
  const isCleared = await overwrite(rest, everywhere, []);
  const failed = results.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (failed) throw failed.reason;
  return isCleared || results.some((result) => result.status === "fulfilled" && result.value);
}

async function overwrite(rest: REST, route: `/${string}`, wanted: Commands): Promise<boolean> {
  const registered = (await rest.get(route)) as Registered;
  const fields = wanted.some(({ contexts }) => contexts) ? (["contexts", "integration_types"] as const) : [];
  if (fingerprint(registered, fields) === fingerprint(wanted, fields)) return false;
  await rest.put(route, { body: wanted });
  return true;
}

/** What a person sees of commands, whatever Discord adds to them. */
function fingerprint(commands: readonly object[], fields: readonly ("contexts" | "integration_types")[]): string {
  const seen = (commands as Commands).map(({ name, description, options = [], ...more }) => ({
    name,
    description,
    fields: fields.map((field) => more[field]),
    options: options.map((option) => ({
      type: option.type,
      name: option.name,
      description: option.description,
      required: option.required ?? false,
      autocomplete: ("autocomplete" in option && option.autocomplete) || false,
      choices: ("choices" in option && option.choices?.map((one) => [one.name, one.value])) || [],
    })),
  }));
  return JSON.stringify(seen.sort((a, b) => (a.name < b.name ? -1 : 1)));
}

import { type REST, type RESTGetAPIApplicationCommandsResult, Routes } from "discord.js";
import { SLASH_COMMANDS } from "./slash-commands.ts";

type Registered = RESTGetAPIApplicationCommandsResult;

/**
 * Registers the slash commands, in the guilds named or everywhere. What is registered so already is left alone: Discord
 * counts 200 new commands a day. Returns whether anything was changed.
 */
export async function registerCommands(
  rest: REST,
  applicationId: string,
  guildIds: readonly string[],
): Promise<boolean> {
  const everywhere = Routes.applicationCommands(applicationId);
  if (guildIds.length === 0) return await overwrite(rest, everywhere, SLASH_COMMANDS);
  const inGuilds = guildIds.map((guildId) => Routes.applicationGuildCommands(applicationId, guildId));
  const changes = await Promise.all(inGuilds.map((route) => overwrite(rest, route, SLASH_COMMANDS)));
  // People would see each command twice.
  changes.push(await overwrite(rest, everywhere, []));
  return changes.includes(true);
}

async function overwrite(rest: REST, route: `/${string}`, wanted: typeof SLASH_COMMANDS): Promise<boolean> {
  const registered = (await rest.get(route)) as Registered;
  if (fingerprint(registered) === fingerprint(wanted)) return false;
  await rest.put(route, { body: wanted });
  return true;
}

/** What a person sees of commands, whatever Discord adds to them. */
function fingerprint(commands: readonly object[]): string {
  const seen = (commands as typeof SLASH_COMMANDS).map(({ name, description, options = [] }) => ({
    name,
    description,
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

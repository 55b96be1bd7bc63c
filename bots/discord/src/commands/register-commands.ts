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

/** Guilds in which commands of an earlier start are looked for. */
const MAX_CLEARED_GUILDS = 200;

/** Where commands are offered, and where they may have been. */
export interface CommandPlaces {
  /** Guilds that get the commands; none for everywhere. */
  readonly named: readonly string[];
  /** Guilds that the bot is in. */
  readonly joined: readonly string[];
}

/** In servers that have the bot and in direct messages with it: elsewhere it could not write its replies. */
const WHERE_OFFERED = {
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
};

/**
 * Registers the slash commands, in the guilds named, or everywhere with none. What is registered so already is left alone:
 * Discord counts 200 new commands a day. Returns whether anything was changed. Rejects when one guild refuses, with the others
 * done.
 */
export async function registerCommands(
  rest: REST,
  applicationId: string,
  { named, joined }: CommandPlaces,
): Promise<boolean> {
  if (named.length > 0) return await registerInGuilds(rest, applicationId, named);
  const everywhere = Routes.applicationCommands(applicationId);
  const registered = (await rest.get(everywhere)) as Registered;
  // For the first time, or after they stood in guilds that were named: people would see each command twice.
  if (registered.length === 0) await clearGuilds(rest, applicationId, joined);
  const wanted = SLASH_COMMANDS.map((command) => ({ ...command, ...WHERE_OFFERED }));
  return await overwrite(rest, everywhere, wanted);
}

/** One by one: the bot's other requests go first. */
async function clearGuilds(rest: REST, applicationId: string, guildIds: readonly string[]): Promise<void> {
  for (const id of guildIds.slice(0, MAX_CLEARED_GUILDS))
    await overwrite(rest, Routes.applicationGuildCommands(applicationId, id), []);
}

async function registerInGuilds(rest: REST, applicationId: string, named: readonly string[]): Promise<boolean> {
  const everywhere = Routes.applicationCommands(applicationId);
  const inGuilds = named.map((guildId) => Routes.applicationGuildCommands(applicationId, guildId));
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

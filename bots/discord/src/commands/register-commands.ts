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
 * Registers the slash commands, in the guilds named or everywhere, and takes away what an earlier start left elsewhere. What
 * is registered so already is left alone: Discord counts 200 new commands a day. Returns whether anything was changed.
 * Rejects when one guild refuses, with the others done.
 */
export async function registerCommands(rest: REST, applicationId: string, places: CommandPlaces): Promise<boolean> {
  const isChanged = await register(rest, applicationId, places.named);
  const others = places.joined.filter((id) => !places.named.includes(id)).slice(0, MAX_CLEARED_GUILDS);
  let isCleared = false;
  // One by one: the bot's other requests go first. People would see each command twice.
  for (const id of others)
    isCleared = (await overwrite(rest, Routes.applicationGuildCommands(applicationId, id), [])) || isCleared;
  return isChanged || isCleared;
}

async function register(rest: REST, applicationId: string, guildIds: readonly string[]): Promise<boolean> {
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

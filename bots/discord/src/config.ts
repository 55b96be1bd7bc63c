import { type Environment, readEnvironment } from "@cria/bot-core";
import { z } from "zod";

/** What the Discord bot is configured with, besides what all bots share. */
export interface DiscordConfig {
  /** `CRIA_DISCORD_TOKEN`: the bot's token. */
  readonly token: string;
  /** `CRIA_DISCORD_GUILDS`: guilds that get the slash commands; without any, all do. */
  readonly guildIds: readonly string[];
  /** `CRIA_DISCORD_THREADS`: whether a thread that the bot is in goes on without a new mention. Default true. */
  readonly followsThreads: boolean;
  /** `CRIA_DISCORD_API_URL`: another Discord than discord.com, as a proxy. */
  readonly apiUrl: string | undefined;
}

const schema = z.object({
  CRIA_DISCORD_TOKEN: z
    .string("is missing; find it at https://discord.com/developers/applications → your app → Bot → Reset Token")
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+/, "is no bot token: those have three parts with dots between; copy it again"),
  CRIA_DISCORD_GUILDS: z
    .string()
    .regex(/^\d{15,20}(\s*,\s*\d{15,20})*$/, "must be ids of guilds, separated by commas")
    .optional(),
  CRIA_DISCORD_THREADS: z.enum(["0", "1"], "must be 0 or 1").default("1"),
  CRIA_DISCORD_API_URL: z.url("must be an address, as https://discord.com/api").optional(),
});

/**
 * Reads the Discord bot's part of the environment; an empty variable counts as absent.
 * @throws ConfigError that names every fault at once
 */
export function loadDiscordConfig(env: Environment): DiscordConfig {
  const data = readEnvironment(env, schema, "`npm run setup -- discord` helps.");
  return Object.freeze({
    token: data.CRIA_DISCORD_TOKEN,
    guildIds: data.CRIA_DISCORD_GUILDS?.split(",").map((id) => id.trim()) ?? [],
    followsThreads: data.CRIA_DISCORD_THREADS === "1",
    apiUrl: data.CRIA_DISCORD_API_URL,
  });
}

import { resolveSettings, runBot } from "@cria/bot-core";
import { loadDiscordConfig } from "./config.ts";
import { createDiscordPlatform } from "./discord-platform.ts";
import { knownDirectChannels } from "./incoming/direct-channels.ts";
import { DISCORD_WORDS } from "./words.ts";

/** From SIGTERM to the end of replies that are being written. */
const STOP_GRACE_MS = 2_000;

await runBot({
  name: "Discord",
  env: process.env,
  words: DISCORD_WORDS,
  loadConfig: loadDiscordConfig,
  createPlatform: (config, { core, stores, redis, inference, coreConfig, logger, onLost }) =>
    createDiscordPlatform({
      config,
      core,
      settings: (place) => resolveSettings(stores.settings, place),
      directChannels: async () => (redis ? await knownDirectChannels(redis) : []),
      access: coreConfig.access,
      listModels: () => inference.listModels(),
      logger,
      onLost,
    }),
  stopGraceMs: STOP_GRACE_MS,
});

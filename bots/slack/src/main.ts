import { namesRoles, resolveSettings, runBot } from "@cria/bot-core";
import { loadSlackConfig } from "./config.ts";
import { createSlackPlatform } from "./slack-platform.ts";
import { SLACK_WORDS } from "./words.ts";

/** From SIGTERM to the end of replies that are being written. */
const STOP_GRACE_MS = 2_000;

await runBot({
  name: "Slack",
  env: process.env,
  words: SLACK_WORDS,
  loadConfig: loadSlackConfig,
  createPlatform: (config, { core, stores, inference, coreConfig, logger, onLost }) =>
    createSlackPlatform({
      config,
      core,
      listModels: () => inference.listModels(),
      settings: (place) => resolveSettings(stores.settings, place),
      needsRoles: namesRoles(coreConfig.access),
      logger,
      onLost,
    }),
  stopGraceMs: STOP_GRACE_MS,
});

import { namesRoles, resolveSettings, runBot } from "@cria/bot-core";
import { loadSlackConfig } from "./config.ts";
import { createSlackPlatform } from "./slack-platform.ts";
import { SLACK_WORDS } from "./words.ts";

/** Replies that are being written end at once, with a line that says so and buttons that go on in another process. */
const STOP_GRACE_MS = 0;

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

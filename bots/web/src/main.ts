import { runBot } from "@cria/bot-core";
import { loadWebConfig } from "./config.ts";
import { createWebPlatform } from "./web-platform.ts";
import { WEB_WORDS } from "./words.ts";

/** For supervisors: there is no use in starting again until the port is free. The inference service has the same code. */
const EXIT_PORT = 3;
/** Replies that are being written end at once, and another process goes on with them. */
const STOP_GRACE_MS = 0;

await runBot({
  name: "Web",
  env: process.env,
  words: WEB_WORDS,
  loadConfig: loadWebConfig,
  createPlatform: (config, { core, stores, redis, inference, coreConfig, logger }) =>
    createWebPlatform({
      config,
      core,
      stores,
      redis,
      inference,
      keptMs: coreConfig.roundsTtlMs,
      logger,
      onPortTaken: () => {
        process.exitCode = EXIT_PORT;
      },
    }),
  stopGraceMs: STOP_GRACE_MS,
});

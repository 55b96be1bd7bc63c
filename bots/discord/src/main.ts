import { ConfigError, createLogger, loadCoreConfig, openBotCore, RefusedError } from "@cria/bot-core";
import { loadDiscordConfig } from "./config.ts";
import { createDiscordPlatform } from "./discord-platform.ts";

/** From SIGTERM to the end of replies that are being written. */
const STOP_GRACE_MS = 2_000;
/** What does not stop within this time is left behind. */
const STOP_LIMIT_MS = 5_000;
/** For supervisors: there is no use in starting again until something is changed. */
const EXIT_CONFIG = 2;

const logger = createLogger("discord", process.env.CRIA_LOG_LEVEL || "info");

async function main(): Promise<void> {
  const config = loadDiscordConfig(process.env);
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopped.abort());
  const coreConfig = loadCoreConfig(process.env);
  const { core, inference, close } = await openBotCore(coreConfig, logger);
  const platform = createDiscordPlatform({
    config,
    core,
    access: coreConfig.access,
    listModels: () => inference.listModels(),
    logger,
    onLost: (reason) => {
      logger.fatal(reason);
      process.exitCode = EXIT_CONFIG;
      stopped.abort();
    },
  });
  const stop = async () => {
    setTimeout(() => process.exit(), STOP_LIMIT_MS).unref();
    await platform.stop(STOP_GRACE_MS);
    await close();
  };
  stopped.signal.addEventListener("abort", () => void stop(), { once: true });
  try {
    await platform.start();
    logger.info("Discord is connected");
  } catch (error) {
    if (stopped.signal.aborted) return;
    await stop();
    throw error;
  }
}

main().catch((error: unknown) => {
  logger.fatal(error instanceof Error ? error.message : String(error));
  process.exitCode ||= error instanceof ConfigError || error instanceof RefusedError ? EXIT_CONFIG : 1;
});

import {
  ConfigError,
  createLogger,
  loadCoreConfig,
  namesRoles,
  openBotCore,
  RefusedError,
  resolveSettings,
} from "@cria/bot-core";
import { loadSlackConfig } from "./config.ts";
import { createSlackPlatform } from "./slack-platform.ts";

/** Replies that are being written end at once, with a line that says so and buttons that go on in another process. */
const STOP_GRACE_MS = 0;
/** After which the process ends, whatever hangs. */
const STOP_LIMIT_MS = 5_000;
/** Configuration or tokens are wrong: another start is no use. */
const EXIT_CONFIG = 2;

const logger = createLogger("slack", process.env.CRIA_LOG_LEVEL || "info");

async function main(): Promise<void> {
  const config = loadSlackConfig(process.env);
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopped.abort());
  const coreConfig = loadCoreConfig(process.env);
  const { core, store, inference, close } = await openBotCore(coreConfig, logger);
  const platform = createSlackPlatform({
    config,
    core,
    listModels: () => inference.listModels(),
    settings: (place) => resolveSettings(store, place),
    needsRoles: namesRoles(coreConfig.access),
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
    logger.info("Slack is connected");
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

import { loadCoreConfig, openBotCore, resolveSettings } from "@cria/bot-core";
import { pino } from "pino";
import { loadSlackConfig } from "./config.ts";
import { createSlackPlatform } from "./slack-platform.ts";

/** From SIGTERM to the end of replies that are being written. */
const STOP_GRACE_MS = 5_000;

const logger = pino({ level: process.env.CRIA_LOG_LEVEL || "info" });

/** Ends the process: what the sentence says cannot be mended from here. */
function fail(reason: string): void {
  logger.fatal(reason);
  process.exitCode = 1;
  process.kill(process.pid, "SIGTERM");
}

async function main(): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve());
  });
  const config = loadSlackConfig(process.env);
  const { core, store, inference, close } = await openBotCore(loadCoreConfig(process.env), logger);
  const platform = createSlackPlatform({
    config,
    core,
    listModels: () => inference.listModels(),
    settings: (place) => resolveSettings(store, place),
    logger,
    onLost: fail,
  });
  try {
    await platform.start();
    logger.info("Slack is connected");
    await stopped;
  } finally {
    await platform.stop(STOP_GRACE_MS);
    await close();
  }
}

main().catch((error) => {
  logger.fatal(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

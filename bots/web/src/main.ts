import { join } from "node:path";
import {
  BotError,
  ConfigError,
  createLogger,
  loadCoreConfig,
  loadParts,
  openBotCore,
  RefusedError,
  untilReachable,
} from "@cria/bot-core";
import { loadWebConfig } from "./config.ts";
import { createCoreBot } from "./core-bot.ts";
import { loadSecret } from "./server/session.ts";
import { createMemoryChatStore } from "./store/memory-chat-store.ts";
import { createMemoryTimelineStore } from "./store/memory-timeline-store.ts";
import { createRedisChatStore } from "./store/redis-chat-store.ts";
import { createRedisTimelineStore } from "./store/redis-timeline-store.ts";
import type { TimelineStore } from "./timeline/timeline-store.ts";
import { startWebServer } from "./web-server.ts";
import { WEB_WORDS } from "./words.ts";

/** For supervisors: there is no use in starting again until something is changed. The inference service has the same codes. */
const EXIT_CONFIG = 2;
const EXIT_PORT = 3;
/** What does not stop within this time is left behind. */
const STOP_LIMIT_MS = 1_500;

async function main(): Promise<void> {
  const [config, coreConfig] = loadParts(
    () => loadWebConfig(process.env),
    () => loadCoreConfig(process.env),
  );
  const logger = createLogger("web", config.logLevel);
  const { core, stores, inference, redis, close } = await openBotCore(coreConfig, { logger, words: WEB_WORDS });
  const { roundsTtlMs } = coreConfig;
  const timelineStore =
    redis === undefined ? createMemoryTimelineStore() : createRedisTimelineStore(redis, roundsTtlMs);
  const chatStore = redis === undefined ? createMemoryChatStore() : createRedisChatStore(redis, roundsTtlMs);
  await untilReachable(() => readOnce(timelineStore), { signal: new AbortController().signal, logger });
  const secret = config.secret ?? (await loadSecret(join(config.stateDir, "web-secret")));
  const bot = createCoreBot({ core, stores, inference });
  const server = await startWebServer({ ...config, bot, timelineStore, chatStore, secret, logger });
  logger.info(`The chat page is at ${server.url}`);

  async function stop(): Promise<void> {
    setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
    await server.close();
    await close();
    process.exit(0);
  }
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** The page shows what is written down, so it waits for a Redis that is away. */
async function readOnce(timelineStore: TimelineStore): Promise<void> {
  try {
    await timelineStore.channels();
  } catch (error) {
    if (!(error instanceof BotError)) throw new RefusedError(error instanceof Error ? error.message : String(error));
    throw new Error("The page waits for the Redis of CRIA_REDIS_URL.", { cause: error });
  }
}

main().catch((error: NodeJS.ErrnoException) => {
  const isTaken = error.code === "EADDRINUSE";
  console.error(isTaken ? `${error.message}: stop what uses the port, or set CRIA_WEB_PORT.` : error.message);
  process.exit(isTaken ? EXIT_PORT : error instanceof ConfigError ? EXIT_CONFIG : 1);
});

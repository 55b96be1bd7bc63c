import { join } from "node:path";
import { BotError, type RedisConnection, RefusedError, untilReachable } from "@cria/bot-core";
import type { Logger } from "pino";
import type { WebConfig } from "./config.ts";
import { type CoreBotOptions, createCoreBot } from "./core-bot.ts";
import { loadSecret } from "./server/session.ts";
import { createMemoryChatStore } from "./store/memory-chat-store.ts";
import { createMemoryTimelineStore } from "./store/memory-timeline-store.ts";
import { createRedisChatStore } from "./store/redis-chat-store.ts";
import { createRedisTimelineStore } from "./store/redis-timeline-store.ts";
import { startWebServer, type WebServer, type WebServerOptions } from "./web-server.ts";

/** What the page is made of. */
export interface WebPlatformOptions extends CoreBotOptions {
  readonly config: WebConfig;
  /** Where the page keeps what people wrote; undefined: in this process. */
  readonly redis: RedisConnection | undefined;
  /** How long a silent channel is kept, in milliseconds. */
  readonly keptMs: number;
  readonly logger: Logger;
  /** The start fails because another program listens there. */
  readonly onPortTaken: () => void;
}

/** The bot on a page of its own. */
export interface WebPlatform {
  /** Serves the page, when its Redis can be reached. Rejects with a `RefusedError` when that does not take it. */
  start(): Promise<void>;
  /** Leaves the replies that are being written to another process; where there can be none, ends them. Serves no more. */
  stop(): Promise<void>;
}

/** Builds the bot; `start` serves its page. */
export function createWebPlatform(options: WebPlatformOptions): WebPlatform {
  const stopping = new AbortController();
  let serving: Promise<WebServer> | undefined;
  return {
    start: async () => {
      serving = serve(options, stopping.signal);
      const { url } = await serving;
      options.logger.info(`The chat page is at ${url}`);
    },
    stop: async () => {
      stopping.abort();
      const server = await serving?.catch(() => undefined);
      await server?.close();
    },
  };
}

async function serve(options: WebPlatformOptions, signal: AbortSignal): Promise<WebServer> {
  const { config, logger, onPortTaken } = options;
  const kept = openStores(options);
  await untilReachable(() => readOnce(kept), { signal, logger });
  const secret = config.secret ?? (await loadSecret(join(config.stateDir, "web-secret")));
  const bot = createCoreBot(options);
  return await startWebServer({ ...config, ...kept, bot, secret, logger }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    onPortTaken();
    throw new Error(`${error.message}: stop what uses the port, or set CRIA_WEB_PORT.`, { cause: error });
  });
}

type PageStores = Pick<WebServerOptions, "timelineStore" | "chatStore">;

function openStores({ redis, keptMs }: WebPlatformOptions): PageStores {
  if (redis === undefined) return { timelineStore: createMemoryTimelineStore(), chatStore: createMemoryChatStore() };
  return { timelineStore: createRedisTimelineStore(redis, keptMs), chatStore: createRedisChatStore(redis, keptMs) };
}

/** The page shows what is written down, so it waits for a Redis that is away. */
async function readOnce({ timelineStore }: PageStores): Promise<void> {
  try {
    await timelineStore.channels();
  } catch (error) {
    if (!(error instanceof BotError)) throw new RefusedError(error instanceof Error ? error.message : String(error));
    throw new Error("The page waits for the Redis of CRIA_REDIS_URL.", { cause: error });
  }
}

import type { Logger } from "pino";
import { createClient } from "redis";
import { BotError } from "../bot-error.ts";
import { redisScripts } from "./redis-scripts.ts";

/** Longest wait for an answer of Redis, and for the first connection: people wait for it. */
const TIMEOUT_MS = 2_000;
/** Reconnecting goes on for ever, at most this long apart. */
const MAX_RECONNECT_DELAY_MS = 1_000;

type RedisClient = ReturnType<typeof createRedisClient>;

/** A connection that comes back by itself; while it is away every call fails within two seconds. */
export interface RedisConnection {
  /** Runs a command. Throws a `BotError` (`MEMORY_UNAVAILABLE`) when Redis does not answer. */
  run<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Connects, waiting at most two seconds: a bot starts without Redis and has its memory when Redis comes. */
export async function connectRedis(url: string, logger: Logger): Promise<RedisConnection> {
  const client = createRedisClient(url);
  logChanges(client, logger);
  const connected = client.connect().catch(() => undefined); // Told by the "error" event.
  await withTimeout(connected).catch(() => undefined);
  return {
    run: (command) => withTimeout(command(client)).catch(throwUnavailable),
    close: async () => client.destroy(),
  };
}

function createRedisClient(url: string) {
  return createClient({
    url,
    scripts: redisScripts,
    disableOfflineQueue: true,
    socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: reconnectDelayMs },
  });
}

/** Exponential from 50 ms, capped, with jitter so that processes do not come back all at once. */
function reconnectDelayMs(retries: number): number {
  return Math.min(MAX_RECONNECT_DELAY_MS, 50 * 2 ** retries) * (0.5 + Math.random() / 2);
}

/** One line when Redis goes and one when it comes, not one for each attempt. */
function logChanges(client: RedisClient, logger: Logger): void {
  let isAway = false;
  client.on("error", (error: Error) => {
    if (!isAway) logger.warn({ reason: error.message }, "Redis cannot be reached; memory is away until it is back");
    isAway = true;
  });
  client.on("ready", () => {
    if (isAway) logger.info("Redis is back");
    isAway = false;
  });
}

async function withTimeout<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  return await Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

function throwUnavailable(cause: unknown): never {
  const message = "My memory (Redis) cannot be reached just now. Try again in a moment.";
  throw new BotError("MEMORY_UNAVAILABLE", message, { cause });
}

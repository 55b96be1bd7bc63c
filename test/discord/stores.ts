import {
  connectRedis,
  createMemoryStores,
  createRedisStoresOver,
  type RedisConnection,
  type Stores,
} from "@cria/bot-core";
import { hasRedisServer, type RedisServer, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterAll } from "vitest";

const ROUNDS_TTL_MS = 3_600_000;
const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("on the memory of this process, because redis-server is not on the PATH\n");

/** Stores, and the Redis that they are on. */
export interface OpenedStores {
  readonly stores: Stores;
  readonly redis?: RedisConnection;
}

/** One for all tests of a file. */
let server: Promise<RedisServer> | undefined;
afterAll(async () => await (await server)?.close());

/** What a bot's process keeps of conversations: with others on one Redis, where there is one. */
export async function openStores(): Promise<OpenedStores> {
  if (!hasRedis) return { stores: openMemoryStores() };
  server ??= startRedisServer();
  const redis = await connectRedis((await server).url, pino({ level: "silent" }));
  return { stores: createRedisStoresOver(redis, { roundsTtlMs: ROUNDS_TTL_MS }), redis };
}

/** Those of one process alone. */
export function openMemoryStores(): Stores {
  return createMemoryStores({ roundsTtlMs: ROUNDS_TTL_MS });
}

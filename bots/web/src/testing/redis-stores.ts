import { connectRedis, createRedisStoresOver } from "@cria/bot-core";
import { startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { createRedisChatStore } from "../store/redis-chat-store.ts";
import { createRedisTimelineStore } from "../store/redis-timeline-store.ts";

const TTL_MS = 60_000;

/** What a test server keeps, in a Redis of its own: the bot's memory and the page's timelines. */
export async function openRedisStores() {
  const server = await startRedisServer();
  const redis = await connectRedis(server.url, pino({ level: "silent" }));
  const stores = createRedisStoresOver(redis, { roundsTtlMs: TTL_MS });
  return {
    stores,
    timelineStore: createRedisTimelineStore(redis, TTL_MS),
    chatStore: createRedisChatStore(redis, TTL_MS),
    async close(): Promise<void> {
      await stores.close();
      await server.close();
    },
  };
}

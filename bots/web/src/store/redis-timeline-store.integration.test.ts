import { connectRedis, type RedisConnection } from "@cria/bot-core";
import { hasRedisServer, type RedisServer, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeChatStore } from "../rooms/chat-store.contract.ts";
import { describeTimelineStore } from "../timeline/timeline-store.contract.ts";
import { createRedisChatStore } from "./redis-chat-store.ts";
import { createRedisTimelineStore } from "./redis-timeline-store.ts";

const TTL_MS = 60_000;
const logger = pino({ level: "silent" });
const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("skipped: timelines on Redis, because redis-server is not on the PATH\n");

describe.skipIf(!hasRedis)("on a real Redis", () => {
  let server: RedisServer;
  let redis: RedisConnection;
  beforeAll(async () => {
    server = await startRedisServer();
    redis = await connectRedis(server.url, logger);
  });
  afterAll(async () => {
    await redis.close();
    await server.close();
  });

  async function empty(): Promise<void> {
    for (const key of await redis.keys("*")) await redis.run((client) => client.del(key));
  }

  describeTimelineStore("createRedisTimelineStore", async () => {
    await empty();
    return createRedisTimelineStore(redis, TTL_MS);
  });

  describeChatStore("createRedisChatStore", async () => {
    await empty();
    return createRedisChatStore(redis, TTL_MS);
  });

  describe("createRedisChatStore", () => {
    it("forgets chats that were silent for as long as timelines live, and makes room", async () => {
      await empty();
      const store = createRedisChatStore(redis, TTL_MS);
      const now = Date.now();
      await store.touch("ada", { id: "dm:ada:old", title: "Old", atMs: now - TTL_MS - 1_000 });
      expect(await store.list("ada")).toEqual([]);
      await store.touch("ada", { id: "dm:ada:new", title: "New", atMs: now });
      expect(await redis.run((client) => client.hKeys("cria:web:{person:ada}:titles"))).toEqual(["dm:ada:new"]);
      for (const key of await redis.keys("*"))
        expect(await redis.run((client) => client.pTTL(key))).toBeGreaterThan(TTL_MS / 2);
    });
  });

  describe("createRedisTimelineStore", () => {
    const message = { id: "message-1", atMs: 1, author: { id: "ada", name: "Ada" }, text: "hello" };

    it("forgets a channel that is silent for long, both keys together", async () => {
      await empty();
      await createRedisTimelineStore(redis, TTL_MS).put("general", message);
      const keys = [...(await redis.keys("*"))].sort();
      expect(keys).toEqual(["cria:web:{general}:messages", "cria:web:{general}:order"]);
      for (const key of keys) expect(await redis.run((client) => client.pTTL(key))).toBeGreaterThan(TTL_MS / 2);
    });

    it("sends the text of a script once", async () => {
      const store = createRedisTimelineStore(redis, TTL_MS);
      await store.put("general", message);
      await redis.run((client) => client.configResetStat());
      await store.put("general", message);
      const commands = await redis.run((client) => client.info("commandstats"));
      expect(commands).toContain("cmdstat_evalsha:calls=1,");
      expect(commands).not.toContain("cmdstat_eval:");
    });

    it("leaves out what another process drops while it reads", async () => {
      const store = createRedisTimelineStore(redis, TTL_MS);
      await store.put("herd", message);
      await redis.run((client) => client.zAdd("cria:web:{herd}:order", { score: 2, value: "message-2" }));
      expect(await store.messages("herd")).toEqual([message]);
    });
  });
});

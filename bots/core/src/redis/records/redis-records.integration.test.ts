import { pino } from "pino";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeQuotaStore } from "../../admission/quota-store.contract.ts";
import type { Rating } from "../../records/feedback.ts";
import type { Exchange } from "../../records/transcript.ts";
import { describeOnRedis } from "../../testing/describe-on-redis.contract.ts";
import { type RedisServer, startRedisServer } from "../../testing/redis-server.ts";
import { connectRedis, type RedisConnection } from "../connection/redis-connection.ts";
import { createRedisQuotaStore } from "../redis-quota-store.ts";
import { createRedisFeedback, readRatings } from "./redis-feedback.ts";
import { createRedisTranscript } from "./redis-transcript.ts";

const logger = pino({ level: "silent" });

const exchange: Exchange = {
  workspace: "web:local",
  conversation: "web:local:general",
  eventId: "e1",
  authorId: "u1",
  replyId: "r1",
  question: "a secret question",
  reply: "a secret answer",
  outcome: "complete",
  totalMs: 50,
  stats: {
    model: "m",
    promptTokens: 12,
    cachedTokens: 4,
    completionTokens: 5,
    queueMs: 1,
    modelLoadMs: 0,
    prefillMs: 5,
    timeToFirstTokenMs: 6,
    decodeMs: 9,
  },
};
const rating = (fields: Partial<Rating>): Rating => ({
  atMs: 1,
  conversation: "web:local:general",
  replyId: "r1",
  authorId: "u1",
  rating: "up",
  question: "q",
  context: "",
  reply: "r",
  model: "m",
  ...fields,
});

describeOnRedis("records", (program) => {
  let server: RedisServer;
  let redis: RedisConnection;
  beforeAll(async () => {
    server = await startRedisServer(program);
    redis = await connectRedis(server.url, logger);
  });
  afterAll(async () => {
    await redis.close();
    await server.close();
  });
  const recorded = async (workspace: string) => {
    const client = await createClient({ url: server.url }).connect();
    const entries = (await client.xRange(`cria:{${workspace}}:transcript`, "-", "+")) ?? [];
    const ttlMs = await client.pTTL(`cria:{${workspace}}:transcript`);
    client.destroy();
    return { entries: entries.map(({ message }) => JSON.parse(message.json!)), ttlMs };
  };

  describeQuotaStore("RedisQuotaStore", () => createRedisQuotaStore(redis));

  describe("the transcript", () => {
    it("has an exchange's figures without its words, for a while", async () => {
      createRedisTranscript({ redis, logger, ttlMs: 60_000, hasText: false }).record(exchange);
      await expect.poll(async () => (await recorded("web:local")).entries).toHaveLength(1);
      const { entries, ttlMs } = await recorded("web:local");
      expect(entries[0]).toMatchObject({ outcome: "complete", questionLength: 17, replyLength: 15, totalMs: 50 });
      expect(entries[0].stats).toEqual(exchange.stats);
      expect(JSON.stringify(entries)).not.toMatch(/secret/);
      expect(ttlMs).toBeGreaterThan(0);
    });

    it("has the words where someone asked for them", async () => {
      const workspace = "web:words";
      createRedisTranscript({ redis, logger, ttlMs: 60_000, hasText: true }).record({ ...exchange, workspace });
      await expect.poll(async () => (await recorded(workspace)).entries).toEqual([{ ...exchange, workspace }]);
    });

    it("is no failure when Redis is away", async () => {
      const warnings: string[] = [];
      const log = pino({ level: "warn" }, { write: (line: string) => void warnings.push(line) });
      const away = await connectRedis("redis://127.0.0.1:1", logger);
      createRedisTranscript({ redis: away, logger: log, ttlMs: 60_000, hasText: false }).record(exchange);
      await expect.poll(() => warnings.length).toBe(1);
      await away.close();
    });
  });

  it("ratings of all workspaces are read in the order of their time", async () => {
    const feedback = createRedisFeedback(redis, 60_000);
    await feedback.rate("web:a", rating({ rating: "up" }));
    await feedback.rate("web:b", rating({ conversation: "web:b:general" }));
    await feedback.rate("web:a", rating({ rating: "down" }));
    const client = await createClient({ url: server.url }).connect();
    await client.xAdd("cria:{web:a}:feedback", "*", { json: "{" });
    client.destroy();
    const all: Rating[] = [];
    for await (const each of readRatings(redis)) all.push(each);
    const ofA = all.filter(({ conversation }) => conversation === "web:local:general");
    expect(ofA.map((each) => each.rating)).toEqual(["up", "down"]);
    expect(all).toHaveLength(3);
  });
});

import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeQuotaStore } from "../admission/quota-store.contract.ts";
import { createBotCore } from "../bot-core.ts";
import type { Rating } from "../records/feedback.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { describeStores } from "../testing/describe-stores.contract.ts";
import { FakeInferenceClient } from "../testing/fake-inference-client.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { type RedisCluster, startRedisCluster } from "../testing/redis-cluster.ts";
import { testMessage, testPlace } from "../testing/test-core.ts";
import { connectRedis, type RedisConnection } from "./connection/redis-connection.ts";
import { createRedisFeedback, readRatings } from "./records/redis-feedback.ts";
import { createRedisQuotaStore } from "./redis-quota-store.ts";
import { createRedisStores } from "./redis-stores.ts";

/** Of lines that are dead, until they are made anew. */
const SECONDS = { timeout: 20_000 };
const logger = pino({ level: "silent" });

describeOnRedis("a cluster of three nodes", (program) => {
  let cluster: RedisCluster;
  let redis: RedisConnection;
  beforeAll(async () => {
    cluster = await startRedisCluster(program);
    redis = await connectRedis(cluster.url, logger);
  });
  afterAll(async () => {
    await redis.close();
    await cluster.close();
  });
  const open = async (roundsTtlMs = 60_000) => {
    const openOne = () => createRedisStores({ url: cluster.url, roundsTtlMs, logger });
    const stores = [await openOne(), await openOne()] as const;
    return { stores, close: async () => void (await Promise.all(stores.map((store) => store.close()))) };
  };
  describeStores("cluster", open);

  describeQuotaStore("RedisQuotaStore", () => createRedisQuotaStore(redis));

  it("answers a message, with everything kept on whichever node has its slot", async () => {
    const stores = await createRedisStores({ url: cluster.url, roundsTtlMs: 60_000, logger });
    const quotas = createRedisQuotaStore(redis);
    const core = createBotCore({
      stores,
      quotas,
      inference: new FakeInferenceClient(),
      logger,
      quotaLimits: { userMessagesPerMinute: 9 },
    });
    const places = Array.from({ length: 9 }, (_, index) => ({ ...testPlace, workspaceId: `w${index}` }));
    const replies = await Promise.all(
      places.map(async (place) => {
        const reply = new FakeReplyHandle();
        await core.handleMessage(testMessage("Hi", { place }), async () => reply);
        return reply;
      }),
    );
    expect(replies.map(({ ended }) => ended?.type)).toEqual(places.map(() => "finished"));
    expect((await stores.rounds.read("web:w3:general")).rounds).toMatchObject([{ user: "Hi" }]);
    await stores.close();
  });

  describe("whose lines go silent, while new ones work", () => {
    const keys = Array.from({ length: 9 }, (_, index) => `x${index}`);
    const isAllThere = () =>
      Promise.all(keys.map((key) => redis.run((client) => client.exists(key)))).then(
        () => true,
        () => false,
      );

    it("is there again within seconds while commands go on", async () => {
      cluster.silence();
      const commands = setInterval(() => void isAllThere(), 200);
      await expect.poll(isAllThere, SECONDS).toBe(true);
      clearInterval(commands);
    });

    it("is heard again where it only listens", async () => {
      const heard: string[] = [];
      redis.subscribe("channel", (message) => void heard.push(message));
      const isHeard = async (message: string) => {
        await redis.run((client) => client.publish("channel", message)).catch(() => undefined);
        return heard.includes(message);
      };
      await expect.poll(() => isHeard("before"), SECONDS).toBe(true);
      cluster.silence();
      await expect.poll(() => isHeard("after"), SECONDS).toBe(true);
    });
  });

  it("reads the ratings of all nodes", async () => {
    const feedback = createRedisFeedback(redis, 60_000);
    const workspaces = Array.from({ length: 9 }, (_, index) => `web:w${index}`);
    for (const workspace of workspaces) await feedback.rate(workspace, rating(workspace));
    const conversations: string[] = [];
    for await (const { conversation } of readRatings(redis)) conversations.push(conversation);
    expect(conversations.sort()).toEqual(workspaces);
  });

  it("opens before the cluster is there, and says that memory is away", async () => {
    const early = await connectRedis("redis-cluster://127.0.0.1:1", logger);
    await expect(early.run((client) => client.hGetAll("x"))).rejects.toMatchObject({ code: "MEMORY_UNAVAILABLE" });
    await early.close();
  });
});

function rating(conversation: string): Rating {
  const words = { question: "q", context: "", reply: "r", model: "m" };
  return { atMs: 0, conversation, replyId: "r", authorId: "u", rating: "up", ...words };
}

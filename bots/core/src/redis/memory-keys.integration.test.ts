import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Rating } from "../records/feedback.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { type RedisServer, startRedisServer } from "../testing/redis-server.ts";
import { forget, rememberedConversations } from "./memory-keys.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { createRedisFeedback, readRatings } from "./redis-feedback.ts";
import { createRedisStoresOver } from "./redis-stores.ts";

const turn = { author: "Ann", user: "a", assistant: "b", atMs: 0 };
const rating = (conversation: string): Rating => ({
  ...{ atMs: 0, replyId: "r", authorId: "u", rating: "up", question: "q", context: "", reply: "r", model: "m" },
  conversation,
});

describeOnRedis("memory for operators", (program) => {
  let server: RedisServer;
  let redis: RedisConnection;
  beforeAll(async () => {
    server = await startRedisServer(program);
    redis = await connectRedis(server.url, pino({ level: "silent" }));
  });
  afterAll(async () => {
    await redis.close();
    await server.close();
  });
  const conversations = ["slack:T1:C1", "slack:T1:C1:17", "slack:T1:C11", "slack:T1:C*", "slack:T2:C1"];
  const fill = async () => {
    const stores = createRedisStoresOver(redis, { roundsTtlMs: 60_000 });
    for (const key of conversations) await stores.rounds.append(key, turn, { window: 6, generation: "" });
    await stores.settings.update("slack:T1:C1", { model: "m" });
    await redis.run((client) => client.del("cria:{slack:T1}:feedback"));
    for (const key of conversations.slice(0, 3)) await createRedisFeedback(redis, 60_000).rate("slack:T1", rating(key));
  };
  const rated = async () => {
    const found: string[] = [];
    for await (const { conversation } of readRatings(redis)) found.push(conversation);
    return found;
  };

  it("names the conversations that are remembered", async () => {
    await fill();
    expect(await rememberedConversations(redis)).toEqual([...conversations].sort());
  });

  it("forgets a conversation with its threads, settings and lines in the records, and no other", async () => {
    await fill();
    expect(await forget(redis, "slack:T1:C1")).toEqual({ keys: 3, lines: 2, messages: 0 });
    expect(await rememberedConversations(redis)).toEqual(["slack:T1:C*", "slack:T1:C11", "slack:T2:C1"]);
    expect(await rated()).toEqual(["slack:T1:C11"]);
    expect(await forget(redis, "slack:T1:C1")).toEqual({ keys: 0, lines: 0, messages: 0 });
  });

  it("reads an id that looks like a pattern as it is", async () => {
    await fill();
    expect(await forget(redis, "slack:T1:C*")).toEqual({ keys: 1, lines: 0, messages: 0 });
  });

  it("forgets a workspace whole", async () => {
    await fill();
    await forget(redis, "slack:T1");
    expect(await rememberedConversations(redis)).toEqual(["slack:T2:C1"]);
    expect(await rated()).toEqual([]);
  });
});

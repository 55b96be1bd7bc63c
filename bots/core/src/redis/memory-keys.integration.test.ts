import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Rating } from "../records/feedback.ts";
import { startBotProcesses } from "../testing/bot-processes.contract.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { type RedisServer, startRedisServer } from "../testing/redis-server.ts";
import { roundsOf, testConversation } from "../testing/test-core.ts";
import { testEntry } from "../testing/test-entry.ts";
import { connectRedis, type RedisConnection } from "./connection/redis-connection.ts";
import { forget, rememberedConversations } from "./memory-keys.ts";
import { createRedisFeedback, readRatings } from "./records/redis-feedback.ts";
import { createRedisStoresOver } from "./redis-stores.ts";

const round = { author: "Ann", user: "a", assistant: "b", atMs: 0 };
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
    for (const key of conversations) await stores.rounds.append(key, round, { window: 6, generation: "" });
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

  it("keeps a reply that is under way meanwhile from being remembered", async () => {
    const { rounds, inbox } = createRedisStoresOver(redis, { roundsTtlMs: 60_000 });
    const channel = { platform: "slack", workspaceId: "T3", channelId: "C1", isDirect: false };
    const keys = ["slack:T3:C1", "slack:T3:C1:17", "slack:T3:C1:18"];
    await rounds.append(keys[1]!, round, { window: 6, generation: "" });
    for (const place of [channel, { ...channel, threadId: "18" }]) await inbox.claim(testEntry({ place }));
    const begun = await Promise.all(keys.map((key) => rounds.begin(key)));
    expect(await forget(redis, "slack:T3")).toMatchObject({ messages: 2 });
    for (const [index, { generation }] of begun.entries())
      expect(await rounds.append(keys[index]!, round, { window: 6, generation })).toBe(false);
    const lifetimes = keys.map((key) => redis.run((client) => client.pTTL(`cria:{${key}}:generation`)));
    expect((await Promise.all(lifetimes)).every((ms) => ms > 0)).toBe(true);
    expect(await forget(redis, "slack:T3")).toEqual({ keys: 0, lines: 0, messages: 0 });
  });

  it("reads an id that looks like a pattern as it is", async () => {
    await fill();
    expect(await forget(redis, "slack:T1:C*")).toEqual({ keys: 1, lines: 0, messages: 0 });
  });

  it("forgets messages of the conversation that are not answered yet, with what is known of them", async () => {
    const stores = createRedisStoresOver(redis, { roundsTtlMs: 60_000, leaseMs: 300 });
    const place = { platform: "slack", workspaceId: "T1", channelId: "C1", isDirect: false, writer: "slack:T1:U1" };
    const places = [place, { ...place, threadId: "17" }, { ...place, channelId: "C11" }];
    const deliveries = await Promise.all(places.map((each) => stores.inbox.claim(testEntry({ place: each }))));
    deliveries[0]!.keep({ handle: "1" });
    const kept = "cria:{slack:T1:U1}:entry:*";
    await expect.poll(() => redis.keys(kept)).toHaveLength(1);
    await redis.run((client) => client.xAdd("cria:{slack:T1:U1}:inbox", "*", { entry: "{", raw: "" }));
    expect(await forget(redis, "slack:T1:C1")).toMatchObject({ messages: 2 });
    expect(await redis.keys(kept)).toEqual([]);
    const left = await redis.run((client) => client.xPending("cria:{slack:T1:U1}:inbox", "bots"));
    expect(left.pending).toBe(1);
    await expect.poll(() => deliveries.map((delivery) => delivery!.gone.reason)).toEqual(["taken", "taken", undefined]);
    expect(await forget(redis, "slack:T1")).toMatchObject({ messages: 1 });
    await expect.poll(() => deliveries[2]!.gone.reason).toBe("taken");
  });

  it.each([
    ["its conversation", testConversation],
    ["its workspace", "web:local"],
  ])("ends a reply that is being written, by %s", async (_, key) => {
    const run = await startBotProcesses(program);
    const operator = await connectRedis(run.server.url, pino({ level: "silent" }));
    try {
      const bot = await run.open();
      const { reply, sent } = await run.startWriting(bot);
      expect(await forget(operator, key)).toMatchObject({ messages: 1 });
      await sent;
      expect(reply).toMatchObject({ isLeft: false, ended: { type: "finished", end: "stopped", text: reply.text } });
      // A platform may hold back the end of what it shows.
      expect(await reply.facts?.mayWrite()).toBe(true);
      expect(await roundsOf(bot.stores)).toEqual([]);
      expect(await run.numKept()).toBe(0);
    } finally {
      await run.closeAll();
      await operator.close();
      await run.close();
    }
  });

  it.each(["web", "slack", "slack:", "", "*"])(
    "refuses %j, which names no conversation and no workspace",
    async (key) => {
      const remembered = await rememberedConversations(redis);
      await expect(forget(redis, key)).rejects.toThrow(/names no conversation and no workspace; a key looks like/);
      expect(await rememberedConversations(redis)).toEqual(remembered);
    },
  );

  it("forgets a workspace whole", async () => {
    await fill();
    await forget(redis, "slack:T1");
    expect(await rememberedConversations(redis)).toEqual(["slack:T2:C1"]);
    expect(await rated()).toEqual([]);
  });
});

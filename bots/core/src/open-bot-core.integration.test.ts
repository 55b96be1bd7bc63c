import { Finished, Started } from "@cria/proto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type OpenBotCore, openBotCore } from "./open-bot-core.ts";
import { loadCoreConfig } from "./process/config.ts";
import { readRatings } from "./redis/records/redis-feedback.ts";
import { describeOnRedis } from "./testing/describe-on-redis.contract.ts";
import { fakeModel } from "./testing/fake-model.ts";
import { FakeReplyHandle } from "./testing/fake-reply.ts";
import { type InferenceServer, startInferenceServer } from "./testing/inference-server.ts";
import { type RedisServer, startRedisServer } from "./testing/redis-server.ts";
import { starting, testMessage, testPlace } from "./testing/test-core.ts";

describeOnRedis("openBotCore", (program) => {
  let redis: RedisServer;
  let service: InferenceServer;
  const open: OpenBotCore[] = [];
  beforeAll(async () => {
    redis = await startRedisServer(program);
    service = await startInferenceServer({
      listModels: (_call, answer) => answer(null, { models: [fakeModel()] }),
      generate: (call) => {
        call.write({ event: { $case: "started", value: Started.fromPartial({ promptTokens: 10 }) } });
        call.write({ event: { $case: "delta", value: { text: "Hello.", tokenIds: [1], logprobs: [] } } });
        const usage = { promptTokens: 10, completionTokens: 2 };
        call.write({ event: { $case: "finished", value: Finished.fromPartial({ textLength: 6, usage }) } });
        call.end();
      },
    });
  });
  afterAll(async () => {
    await Promise.all(open.map(({ close }) => close()));
    service.kill();
    await redis.close();
  });
  const openProcess = async (env: Record<string, string> = {}) => {
    const shared = { CRIA_REDIS_URL: redis.url, CRIA_INFERENCE_ADDRESS: service.address };
    const opened = await openBotCore(loadCoreConfig({ ...shared, ...env }), { logger: pino({ level: "silent" }) });
    open.push(opened);
    return opened;
  };
  const place = (workspaceId: string) => ({ ...testPlace, workspaceId });
  const send = async ({ core }: OpenBotCore, workspaceId: string) => {
    const reply = new FakeReplyHandle();
    await core.handleMessage(testMessage("Hi", { place: place(workspaceId) }), starting(reply));
    return reply;
  };

  it("counts a person's messages in all processes together", async () => {
    const env = { CRIA_USER_MESSAGES_PER_MINUTE: "1" };
    const [first, second] = [await openProcess(env), await openProcess(env)];
    expect((await send(first, "messages")).ended).toMatchObject({ text: "Hello." });
    expect((await send(second, "messages")).ended).toMatchObject({ reason: expect.stringMatching(/^You have sent 1/) });
  });

  it("counts a workspace's tokens in all processes together", async () => {
    const env = { CRIA_WORKSPACE_TOKENS_PER_DAY: "12" };
    const [first, second] = [await openProcess(env), await openProcess(env)];
    await send(first, "tokens");
    const refused = expect.stringMatching(/^This workspace has used its 12 tokens/);
    await expect.poll(async () => (await send(second, "tokens")).ended).toMatchObject({ reason: refused });
  });

  it("keeps an exchange's figures, and a rating where an admin wants ratings", async () => {
    const bot = await openProcess();
    const admin = { id: "u1", name: "Ann", isAdmin: true };
    const command = { type: "feedback", isOn: true } as const;
    await bot.core.handleCommand({ eventId: "on", place: place("kept"), author: admin, command });
    const reply = await send(bot, "kept");
    const action = { place: place("kept"), author: admin, replyId: reply.id, rating: "up" } as const;
    expect(await bot.core.giveFeedback(action)).toBeUndefined();
    const ratings = [];
    for await (const rating of readRatings(bot.redis!)) ratings.push(rating);
    expect(ratings).toMatchObject([{ question: "Hi", reply: "Hello.", rating: "up", model: "fake" }]);
    const exchanges = () => bot.redis!.run((client) => client.xRange("cria:{web:kept}:transcript", "-", "+"));
    await expect.poll(exchanges).toHaveLength(1);
    const [exchange] = (await exchanges())!;
    expect(JSON.parse(exchange!.message.json!)).toMatchObject({ outcome: "complete", questionLength: 2 });
  });

  it("keeps no exchanges for zero days", async () => {
    const bot = await openProcess({ CRIA_TRANSCRIPT_DAYS: "0" });
    await send(bot, "unkept");
    await send(bot, "unkept");
    expect(await bot.redis!.run((client) => client.exists("cria:{web:unkept}:transcript"))).toBe(0);
  });
});

import { connectRedis, createRedisStores, type Stores } from "@cria/bot-core";
import {
  createGate,
  FakeInferenceClient,
  type RedisServer,
  startRedisServer,
  startTcpProxy,
  type TcpProxy,
} from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { hasRedis } from "./shared-memory.ts";
import { createBot, type SlackBot, startSlackBot } from "./slack-bot.ts";

if (!hasRedis) process.stderr.write("skipped: Slack while Redis is away, because redis-server is not on the PATH\n");

describe.skipIf(!hasRedis)("replies on Slack while Redis is away", () => {
  let redis: RedisServer;
  let proxy: TcpProxy;
  let bot: SlackBot;
  /** Of what the tests began, the last first. */
  const ends: (() => Promise<void>)[] = [];

  const open = async (port: number | string): Promise<Stores> => {
    const logger = pino({ level: "silent" });
    return await createRedisStores({ url: `redis://127.0.0.1:${port}`, logger, roundsTtlMs: 3_600_000 });
  };
  beforeEach(async () => {
    redis = await startRedisServer();
    proxy = await startTcpProxy(Number(new URL(redis.url).port));
    bot = await startSlackBot({ core: { stores: await open(proxy.port) } });
    ends.push(redis.close, proxy.close, () => bot.close());
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** What the model says once Redis has heard that a reply is begun. */
  async function* onceKept(...words: readonly string[]) {
    const connection = await connectRedis(redis.url, pino({ level: "silent" }));
    await expect.poll(() => connection.keys("cria:*:entry:*")).toHaveLength(1);
    await connection.close();
    yield* words;
  }

  it("are written by one process alone, where the other is cut off in the middle", async () => {
    const hold = createGate();
    bot.model.script({ chunks: onceKept("Half", " and more."), hold: hold.opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "talk");
    await bot.server.until(() => bot.server.replies(question).some((reply) => shownText(reply).startsWith("Half")));
    await proxy.shut();
    const stores = await open(new URL(redis.url).port);
    const model = new FakeInferenceClient();
    model.script({ chunks: ["Whole."] });
    const next = createBot(bot.server, model, [], { core: { stores } });
    ends.push(stores.close, () => next.stop(2_000));
    await next.start();
    await repliesTo(bot.server, question);
    hold.open();
    await proxy.open();
    await bot.platform.stop(2_000);
    expect(bot.server.replies(question).map(shownText)).toEqual(["Whole."]);
  });

  const startTen = async () => {
    const hold = createGate();
    const people = Array.from({ length: 10 }, (_, index) => bot.server.people.addUser(`Person ${index}`));
    bot.model.script(...people.map(() => ({ chunks: ["Half", " and whole."], hold: hold.opened })));
    const questions = people.map((person) => bot.server.people.dm(person, "talk"));
    await bot.server.until(() => questions.every((question) => bot.server.replies(question).length === 1));
    const ended = async () => {
      for (const question of questions) await repliesTo(bot.server, question);
      expect(bot.model.requests).toHaveLength(10);
      return questions.map((question) => bot.server.replies(question).map(shownText));
    };
    return { hold, ended };
  };

  it("end once, ten at once, where it comes back as it was", async () => {
    const { hold, ended } = await startTen();
    await proxy.shut();
    await proxy.open();
    const isBack = () => bot.stores.rounds.count("any").then(Boolean, () => "away");
    await expect.poll(isBack).toBe(false);
    hold.open();
    expect(await ended()).toEqual(Array(10).fill(["Half and whole."]));
  });

  it("end once, ten at once, where it comes back empty: as they were, with a sentence", async () => {
    const { hold, ended } = await startTen();
    await redis.kill();
    await redis.start();
    await bot.server.until(() => JSON.stringify(bot.server.world.messages).includes("My memory was restarted"));
    hold.open();
    for (const shown of await ended()) expect(shown).toEqual([expect.stringMatching(/^Half/)]);
    const next = bot.server.people.mention(bot.channel, bot.ann, "and now?");
    expect((await repliesTo(bot.server, next)).map(shownText)).toEqual(["and now?"]);
  });
});

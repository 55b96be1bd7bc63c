import { createRedisStores } from "@cria/bot-core";
import { createGate, FakeInferenceClient, hasRedisServer, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { shownText } from "../slack-server/world.ts";
import { repliesTo } from "./replies-to.ts";
import { createBot, startSlackBot } from "./slack-bot.ts";

const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("skipped: replies that are handed over, because redis-server is not on the PATH\n");

describe.skipIf(!hasRedis)("a bot on Slack that is stopped", () => {
  it("has its reply finished by another process of the same app, and of no other, in the same message", async () => {
    const redis = await startRedisServer();
    const openStore = () =>
      createRedisStores({ url: redis.url, roundsTtlMs: 60_000, logger: pino({ level: "silent" }) });
    const stores = [await openStore(), await openStore()] as const;
    const ending = await startSlackBot({ core: { stores: stores[0] } });
    ending.model.script({ chunks: ["Half"], hold: createGate().opened });
    const question = ending.server.people.mention(ending.channel, ending.ann, "talk");
    await ending.server.until(() => ending.server.replies(question).some((reply) => shownText(reply).includes("Half")));
    await ending.platform.stop(0);
    expect(ending.server.replies(question).map(shownText)).toEqual(["Half"]);
    const model = new FakeInferenceClient();
    model.script({ chunks: ["Whole."] });
    const next = createBot(ending.server, model, [], { core: { stores: stores[1] } });
    await next.start();
    expect((await repliesTo(ending.server, question)).map(shownText)).toEqual(["Whole."]);
    await next.stop(0);
    await ending.close();
    await Promise.all(stores.map((stores) => stores.close()));
    await redis.close();
  });
});

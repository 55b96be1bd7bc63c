import { createRedisStores } from "@cria/bot-core";
import { createGate, hasRedisServer, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { DiscordRun } from "./discord-run.ts";

const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("skipped: replies that are handed over, because redis-server is not on the PATH\n");

describe.skipIf(!hasRedis)("a bot on Discord that is stopped", () => {
  it("has its reply finished by another, in the same message", async () => {
    const redis = await startRedisServer();
    const openStore = () =>
      createRedisStores({ url: redis.url, roundsTtlMs: 60_000, logger: pino({ level: "silent" }) });
    const stores = [await openStore(), await openStore()] as const;
    const ending = await DiscordRun.start({ core: { stores: stores[0] } });
    ending.inference.script({ chunks: ["Half"], hold: createGate().opened });
    ending.ann.mention(ending.channel, "talk");
    await ending.sees("Half");
    await ending.platform.stop(1_000);
    expect(JSON.stringify(ending.server.botMessages(ending.channel)[0]?.json.components)).toContain("stop:");
    const next = await DiscordRun.prepare({ joins: ending, core: { stores: stores[1] } });
    next.inference.script({ chunks: ["Whole."] });
    await next.platform.start();
    expect((await next.ended()).json.content).toContain("Whole.");
    expect(next.server.botMessages(next.channel)).toHaveLength(1);
    await next.stop();
    await ending.stop();
    await Promise.all(stores.map((stores) => stores.close()));
    await redis.close();
  });
});

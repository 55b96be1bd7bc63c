import { createRedisStores, type Stores } from "@cria/bot-core";
import {
  createGate,
  hasRedisServer,
  type RedisServer,
  startRedisServer,
  startTcpProxy,
  type TcpProxy,
} from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { buttonLabels } from "../discord-server/index.ts";
import { DiscordRun, type DiscordRunOptions } from "./discord-run.ts";

const LEASE_MS = 500;
const logs: string[] = [];
const logger = pino({ level: "warn" }, { write: (line: string) => void logs.push(line) });
const words = (content: string) => content.replace(/\n?-# .*$/s, "");

/** Without redis-server on the PATH there is nobody to hand over to. */
describe.skipIf(!hasRedisServer(process.env.PATH ?? ""))("replies on Discord while something else fails", () => {
  let redis: RedisServer;
  const runs: DiscordRun[] = [];
  const opened: Stores[] = [];
  const proxies: TcpProxy[] = [];
  beforeEach(async () => {
    redis = await startRedisServer();
  });
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
    for (const stores of opened.splice(0)) await stores.close();
    for (const proxy of proxies.splice(0)) await proxy.close();
    await redis.close();
  });

  /** A process with short leases. */
  async function prepare(options: DiscordRunOptions = {}, url = redis.url): Promise<DiscordRun> {
    const stores = await createRedisStores({ url, logger, roundsTtlMs: 3_600_000, leaseMs: LEASE_MS });
    opened.push(stores);
    const run = await DiscordRun.prepare({ ...options, core: { ...options.core, stores } });
    runs.unshift(run);
    return run;
  }

  it("are tried again where a question that a process left cannot be looked up", async () => {
    const clock = new AdvancingClock();
    const run = await prepare({ server: { clock } });
    const { json } = run.ann.mention(run.channel, "hello");
    // Too old to be read after the start.
    clock.advance(3 * 60_000);
    const writer = `discord:${run.server.world.bot.id}`;
    const place = { platform: "discord", writer, workspaceId: run.guild.id, channelId: run.channel.id };
    const delivery = await run.stores.inbox.claim({
      eventId: `${writer}:${json.id}`,
      kind: "message",
      place: { ...place, isDirect: false },
      messageId: json.id,
      replyId: "r1",
      raw: JSON.stringify({ channelId: run.channel.id }),
    });
    await delivery!.release();
    run.server.fail("GET", new RegExp(`/messages/${json.id}$`), 500, { times: 6 });
    await run.platform.start();
    expect(words((await run.ended()).json.content)).toBe("hello");
    expect(run.logs.join("")).toContain("the platform did not take a reply");
  });

  it("are written by one process alone, where the other is cut off from Redis in the middle", async () => {
    const proxy = await startTcpProxy(Number(new URL(redis.url).port));
    proxies.push(proxy);
    const cutOff = await prepare({}, `redis://127.0.0.1:${proxy.port}`);
    await cutOff.platform.start();
    const next = await prepare({ joins: cutOff });
    next.inference.script({ chunks: ["Whole."] });
    const hold = createGate();
    cutOff.inference.script({ chunks: ["Half", " and more."], hold: hold.opened });
    const question = cutOff.ann.mention(cutOff.channel, "talk");
    await cutOff.sees("Half");
    await proxy.shut();
    await next.platform.start();
    await next.sees("Whole.");
    hold.open();
    await proxy.open();
    await cutOff.platform.stop(1_000);
    const reply = await next.ended();
    expect(words(reply.json.content)).toBe("Whole.");
    expect(reply.json.message_reference?.message_id).toBe(question.json.id);
    expect(next.server.botMessages(next.channel)).toHaveLength(1);
  });

  const startTen = async (run: DiscordRun) => {
    const hold = createGate();
    const people = Array.from({ length: 10 }, (_, index) => run.server.addPerson(`person ${index}`, run.guild));
    run.inference.script(...people.map(() => ({ chunks: ["Half", " and whole."], hold: hold.opened })));
    for (const person of people) person.dm("talk");
    await Promise.all(people.map(({ directChannel }) => run.sees("Half", directChannel)));
    const ends = async () => {
      const ended = await Promise.all(people.map(({ directChannel }) => run.ended(directChannel)));
      expect(people.map(({ directChannel }) => run.server.botMessages(directChannel).length)).toEqual(
        Array(10).fill(1),
      );
      return ended;
    };
    return { hold, ends };
  };

  it("go on to their ends where Redis is away for a while, ten at once", async () => {
    const run = await prepare();
    await run.platform.start();
    const { hold, ends } = await startTen(run);
    logs.length = 0;
    redis.freeze();
    await expect.poll(() => logs.join(""), { timeout: 20_000 }).toContain("Redis");
    redis.thaw();
    hold.open();
    expect((await ends()).map(({ json }) => words(json.content))).toEqual(Array(10).fill("Half and whole."));
  });

  it("say so where Redis comes back without them, ten at once", async () => {
    const run = await prepare();
    await run.platform.start();
    const { hold, ends } = await startTen(run);
    await redis.kill();
    await redis.start();
    const ended = await ends();
    hold.open();
    expect(ended.map(({ json }) => json.content)).toEqual(
      Array(10).fill(expect.stringMatching(/^Half[\s\S]*My memory was restarted while I answered this/)),
    );
    for (const reply of ended) expect(buttonLabels(reply)).not.toContain("Stop");
    run.ann.mention(run.channel, "and now?");
    await run.sees("and now?");
  });
});

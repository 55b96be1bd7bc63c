import { pino } from "pino";
import { createClient } from "redis";
import { describe, expect, it } from "vitest";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { describeStores } from "../testing/describe-stores.contract.ts";
import { startRedisServer } from "../testing/redis-server.ts";
import { connectRedis, type RedisConnection } from "./connection/redis-connection.ts";
import { createRedisRounds } from "./redis-rounds.ts";
import { createRedisStores } from "./redis-stores.ts";

const logger = pino({ level: "silent" });
const round = { author: "Ann", user: "a", assistant: "b", atMs: 0 };
const options = { window: 6, generation: "" };
const open = (url: string) => createRedisStores({ url, roundsTtlMs: 60_000, logger });
const SOON = { timeout: 20_000 };

describeOnRedis("stores", (program) => {
  describeStores("Redis", async (roundsTtlMs = 60_000) => {
    const server = await startRedisServer(program);
    const openOne = () => createRedisStores({ url: server.url, roundsTtlMs, logger });
    const stores = [await openOne(), await openOne()] as const;
    const close = async () => {
      await Promise.all(stores.map((each) => each.close()));
      await server.close();
    };
    return { stores, close };
  });

  describe("Redis stores", () => {
    it("write every key with the conversation's hash tag and a time to live, settings excepted", async () => {
      const server = await startRedisServer(program);
      const { rounds, replies, settings, turns, close } = await open(server.url);
      const client = await createClient({ url: server.url }).connect();
      const reply = { id: "r", messageId: "m", author: "Ann", question: "q", text: "t", end: "complete" } as const;
      await rounds.begin("web:local:a:thread");
      await rounds.reset("web:local:a:thread");
      const { generation } = await rounds.read("web:local:a:thread");
      await rounds.append("web:local:a:thread", round, { window: 6, generation, reply });
      await replies.keep("web:local:a:thread", { ...reply, id: "r2" }, generation);
      await settings.update("web:local:a", { model: "m" });
      const holder = await turns.enter("web:local:a", { id: "1700000000000-0", replyId: "r0" });
      const waiting = await turns.enter("web:local:a", { id: "1700000000000-1", replyId: "r1" });
      const keys = (await client.keys("*")).sort();
      expect(keys).toEqual([
        "cria:{web:local:a:thread}:generation",
        "cria:{web:local:a:thread}:kept",
        "cria:{web:local:a:thread}:replies",
        "cria:{web:local:a:thread}:turns",
        "cria:{web:local:a}:settings",
        "cria:{web:local:a}:threads",
        "cria:{web:local:a}:turn",
        "cria:{web:local:a}:waiting",
      ]);
      const lifetimes = await Promise.all(keys.map((key) => client.pTTL(key)));
      expect(lifetimes.map((ms) => ms > 0)).toEqual([true, true, true, true, false, true, true, true]);
      await Promise.all([holder.leave(), waiting.leave()]);
      expect(await client.exists(keys.slice(-2))).toBe(0);
      client.destroy();
      await close();
      await server.close();
    });

    it("leave out a round they cannot read and a setting they do not know", async () => {
      const server = await startRedisServer(program);
      const { rounds, settings, close } = await open(server.url);
      const client = await createClient({ url: server.url }).connect();
      await client.rPush("cria:{web:local:odd}:turns", ["{", '{"user":1}', JSON.stringify(round)]);
      await client.hSet("cria:{web:local:odd}:settings", {
        window: "51",
        contextMode: "sideways",
        showsNames: "so",
        model: "m",
      });
      expect((await rounds.read("web:local:odd")).rounds).toEqual([round]);
      expect(await settings.get("web:local:odd")).toEqual({ model: "m" });
      client.destroy();
      await close();
      await server.close();
    });

    it("hear nothing in a signal that they do not know", async () => {
      const server = await startRedisServer(program);
      const [telling, hearing] = [await open(server.url), await open(server.url)];
      const client = await createClient({ url: server.url }).connect();
      const heard: unknown[] = [];
      hearing.signals.subscribe((signal) => void heard.push(signal));
      const known = { type: "deletion", conversation: "web:local:c", ids: ["m"] } as const;
      await expect.poll(() => client.publish("cria:signals", "{")).toBe(1);
      const unknown = { from: "newer", signal: { ...known, type: "pin" } };
      for (const message of ["", "null", '{"type":"stop"}', JSON.stringify(unknown)])
        await client.publish("cria:signals", message);
      await telling.signals.publish(known);
      await expect.poll(() => heard).toEqual([known]);
      client.destroy();
      await Promise.all([telling.close(), hearing.close()]);
      await server.close();
    });

    it("say so where they could not edit a question, since its reply changed each time", async () => {
      const server = await startRedisServer(program);
      const redis = await connectRedis(server.url, logger);
      const reply = { id: "r", messageId: "m", author: "Ann", question: "q", text: "t", end: "complete" } as const;
      await createRedisRounds(redis, 60_000).replies.keep("web:local:raced", reply, "");
      const raced: RedisConnection = { ...redis, script: async <T>() => 0 as T };
      await expect(
        createRedisRounds(raced, 60_000).replies.editQuestion("web:local:raced", "m", "new"),
      ).rejects.toThrow("a kept reply of web:local:raced changed 5 times while its question was edited");
      await redis.close();
      await server.close();
    });

    it("reach the newest thousand threads of a channel with its reset", async () => {
      const server = await startRedisServer(program);
      const { rounds, close } = await open(server.url);
      const threads = Array.from({ length: 1_010 }, (_, index) => `web:local:many:${1_000 + index}`);
      for (const thread of threads) {
        await rounds.append(thread, round, options);
        await rounds.begin(thread);
      }
      expect(await rounds.reset("web:local:many")).toBe(1_000);
      await close();
      await server.close();
    });
  });

  describe("Redis stores without their Redis", () => {
    it("fail with a clear error while it is gone, and come back by themselves", async () => {
      const server = await startRedisServer(program);
      const stores = await open(server.url);
      const place = await stores.turns.enter("web:local:gone", { id: "1700000000000-0", replyId: "r0" });
      await server.kill();
      const unavailable = { code: "MEMORY_UNAVAILABLE" };
      await expect(stores.rounds.read("c")).rejects.toMatchObject(unavailable);
      await expect(stores.claims.claim("web:local", "e")).rejects.toMatchObject(unavailable);
      await expect(stores.turns.enter("c", { id: "1700000000000-0", replyId: "r0" })).rejects.toMatchObject(
        unavailable,
      );
      await place.leave();
      await server.start();
      await expect.poll(() => stores.rounds.count("c").catch(() => "away"), SOON).toBe(0);
      const next = await stores.turns.enter("web:local:gone", { id: "1700000000000-0", replyId: "r0" });
      await next.turn;
      await stores.close();
      await server.close();
    });

    it("open before it is there and use it once it is", async () => {
      const server = await startRedisServer(program);
      await server.kill();
      const stores = await open(server.url);
      await expect(stores.rounds.read("c")).rejects.toMatchObject({ code: "MEMORY_UNAVAILABLE" });
      await server.start();
      await expect.poll(() => stores.rounds.count("c").catch(() => "away"), SOON).toBe(0);
      await stores.close();
      await server.close();
    });

    it("keep the error of what Redis refuses, and say in one line a channel that it is not heard", async () => {
      const server = await startRedisServer(program);
      const admin = await createClient({ url: server.url }).connect();
      await admin.sendCommand(["ACL", "SETUSER", "bot", "on", ">pass", "~*", "&*", "+@all", "-subscribe", "-hgetall"]);
      const lines: unknown[] = [];
      const log = pino({ level: "error" }, { write: (line) => void lines.push(JSON.parse(line)) });
      const url = server.url.replace("//", "//bot:pass@");
      const stores = await createRedisStores({ url, roundsTtlMs: 60_000, logger: log });
      await expect(stores.settings.get("c")).rejects.toThrow(/^NOPERM/);
      expect(await stores.rounds.count("c")).toBe(0);
      stores.signals.subscribe(() => undefined);
      await expect.poll(() => lines.length).toBe(2);
      const unheard = (channel: string) => ({
        channel,
        reason: expect.stringMatching(/^NOPERM/),
        msg: "Redis refuses SUBSCRIBE: what other processes say is not heard",
      });
      expect(lines).toMatchObject([unheard("cria:turns"), unheard("cria:signals")]);
      admin.destroy();
      await stores.close();
      await server.close();
    });
  });
});

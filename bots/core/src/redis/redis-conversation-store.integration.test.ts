import { pino } from "pino";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBotCore } from "../bot-core.ts";
import { describeConversationStore } from "../conversation/conversation-store.contract.ts";
import { toUnanswered } from "../recovery/unanswered.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { FakeInferenceClient } from "../testing/fake-inference-client.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { type RedisServer, startRedisServer } from "../testing/redis-server.ts";
import { testMessage } from "../testing/test-core.ts";
import { createRedisConversationStore } from "./redis-conversation-store.ts";

const logger = pino({ level: "silent" });
const never = new AbortController().signal;
const turn = { author: "Ann", user: "a", assistant: "b", atMs: 0 };

const openStore = (url: string, leaseMs = 10_000) =>
  createRedisConversationStore({ url, turnsTtlMs: 60_000, logger, leaseMs });

describeOnRedis("conversations", (program) => {
  describeConversationStore("RedisConversationStore", async (turnsTtlMs) => {
    const server = await startRedisServer(program);
    const options = { url: server.url, turnsTtlMs, logger };
    const stores = [await createRedisConversationStore(options), await createRedisConversationStore(options)] as const;
    const close = async () => {
      await Promise.all(stores.map((store) => store.close()));
      await server.close();
    };
    return { stores, close };
  });

  describe("RedisConversationStore", () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedisServer(program);
    });
    afterAll(() => server.close());

    it("writes every key with the conversation's hash tag and a time to live, settings excepted", async () => {
      const store = await openStore(server.url);
      const client = await createClient({ url: server.url }).connect();
      await store.appendRound("web:local:keys", turn, 6);
      await store.updateSettings("web:local:keys", { model: "m" });
      await store.claimEvent("web:local", "event");
      const leave = await store.takeTurn("web:local:keys", { signal: never });
      const keys = (await client.keys("*")).sort();
      expect(keys).toEqual([
        "cria:{web:local:keys}:leases",
        "cria:{web:local:keys}:queue",
        "cria:{web:local:keys}:settings",
        "cria:{web:local:keys}:turns",
        "cria:{web:local}:event:event",
      ]);
      const lifetimes = await Promise.all(keys.map((key) => client.pTTL(key)));
      expect(lifetimes.map((ms) => ms > 0)).toEqual([true, true, false, true, true]);
      await leave();
      expect(await client.exists(["cria:{web:local:keys}:queue", "cria:{web:local:keys}:leases"])).toBe(0);
      client.destroy();
      await store.close();
    });

    it("renews a claim that holds", async () => {
      const store = await openStore(server.url);
      const client = await createClient({ url: server.url }).connect();
      await store.claimEvent("web:renewed", "e");
      await client.pExpire("cria:{web:renewed}:event:e", 5_000);
      await store.renewEvent("web:renewed", "e");
      await store.renewEvent("web:renewed", "never claimed");
      expect(await client.pTTL("cria:{web:renewed}:event:e")).toBeGreaterThan(60_000);
      expect(await client.keys("cria:{web:renewed}:*")).toHaveLength(1);
      client.destroy();
      await store.close();
    });

    it("forgets a message that nobody took within a week though its workspace is busy, a few with each claim", async () => {
      const store = await openStore(server.url);
      const client = await createClient({ url: server.url }).connect();
      const key = "cria:{web:busy}:unanswered";
      const left = (atMs: number) => JSON.stringify({ owner: "another", unanswered: { atMs, of: "another version" } });
      const day = 86_400_000;
      for (let number = 0; number < 20; number++) await client.hSet(key, `old ${number}`, left(Date.now() - 8 * day));
      await client.hSet(key, { young: left(Date.now() - 6 * day), odd: "{" });
      const claim = async (eventId: string) => {
        const message = testMessage("Hi", { eventId });
        await store.claimEvent("web:busy", eventId, toUnanswered(message, "r1"));
        await store.forgetUnanswered("web:busy", eventId);
      };
      await claim("first");
      expect(await client.hLen(key)).toBeGreaterThanOrEqual(22 - 8);
      for (let number = 0; number < 100; number++) await claim(`${number}`);
      expect((await client.hKeys(key)).sort()).toEqual(["odd", "young"]);
      client.destroy();
      await store.close();
    });

    it("leaves out a round it cannot read and a setting it does not know", async () => {
      const store = await openStore(server.url);
      const client = await createClient({ url: server.url }).connect();
      await client.rPush("cria:{web:local:odd}:turns", ["{", '{"user":1}', JSON.stringify(turn)]);
      await client.hSet("cria:{web:local:odd}:settings", { window: "many", contextMode: "sideways", model: "m" });
      expect(await store.rounds("web:local:odd")).toEqual([turn]);
      expect(await store.settings("web:local:odd")).toEqual({ model: "m" });
      client.destroy();
      await store.close();
    });

    it("gives on the turn of a process that died", async () => {
      const dead = await openStore(server.url, 300);
      const alive = await openStore(server.url, 300);
      await dead.takeTurn("web:local:dead", { signal: never });
      const isWaiting = createGate();
      const waiting = alive.takeTurn("web:local:dead", { signal: never, onWaiting: isWaiting.open });
      await isWaiting.opened;
      await dead.close();
      await (await waiting)();
      await alive.close();
    });

    it("keeps the turn of a process that lives, longer than a lease", async () => {
      const holder = await openStore(server.url, 300);
      const other = await openStore(server.url, 300);
      const client = await createClient({ url: server.url }).connect();
      const leave = await holder.takeTurn("web:local:long", { signal: never });
      const [token] = await client.zRange("cria:{web:local:long}:queue", 0, -1);
      const leaseEnd = () => client.zScore("cria:{web:local:long}:leases", token!);
      const firstEnd = (await leaseEnd())!;
      let isTaken = false;
      const waiting = other.takeTurn("web:local:long", { signal: never });
      void waiting.then(() => {
        isTaken = true;
      });
      await expect.poll(leaseEnd, { timeout: 20_000 }).toBeGreaterThan(firstEnd + 600);
      expect(isTaken).toBe(false);
      await leave();
      await (await waiting)();
      client.destroy();
      await Promise.all([holder.close(), other.close()]);
    });
  });

  describe("RedisConversationStore without its Redis", () => {
    it("fails with a clear error while Redis is gone, and comes back by itself", async () => {
      const server = await startRedisServer(program);
      const store = await openStore(server.url, 300);
      const leave = await store.takeTurn("web:local:gone", { signal: never });
      await server.kill();
      const unavailable = { code: "MEMORY_UNAVAILABLE" };
      await expect(store.rounds("c")).rejects.toMatchObject(unavailable);
      await expect(store.claimEvent("web:local", "e")).rejects.toMatchObject(unavailable);
      await expect(store.takeTurn("c", { signal: never })).rejects.toMatchObject(unavailable);
      await leave();
      await server.start();
      await expect.poll(() => store.rounds("c").catch(() => "away"), { timeout: 20_000 }).toEqual([]);
      await (await store.takeTurn("web:local:gone", { signal: never }))();
      await store.close();
      await server.close();
    });

    it("keeps the error of what Redis refuses, and says in one line that signals are not heard", async () => {
      const server = await startRedisServer(program);
      const admin = await createClient({ url: server.url }).connect();
      await admin.sendCommand(["ACL", "SETUSER", "bot", "on", ">pass", "~*", "&*", "+@all", "-subscribe", "-hgetall"]);
      const lines: string[] = [];
      const log = pino({ level: "error" }, { write: (line) => void lines.push(line) });
      const url = server.url.replace("//", "//bot:pass@");
      const store = await createRedisConversationStore({ url, turnsTtlMs: 60_000, logger: log });
      await expect(store.settings("c")).rejects.toThrow(/^NOPERM/);
      expect(await store.rounds("c")).toEqual([]);
      store.onSignal(() => undefined);
      await expect.poll(() => lines.length).toBe(1);
      expect(JSON.parse(lines[0]!)).toMatchObject({
        channel: "cria:signals",
        reason: expect.stringMatching(/^NOPERM/),
        msg: "Redis refuses SUBSCRIBE: Stop, edits and deletions are not heard of by others",
      });
      admin.destroy();
      await store.close();
      await server.close();
    });

    it("fails when Redis is there and does not answer", async () => {
      const server = await startRedisServer(program);
      const store = await openStore(server.url);
      server.freeze();
      await expect(store.settings("c")).rejects.toThrow(/memory \(Redis\) cannot be reached/);
      server.thaw();
      await expect.poll(() => store.settings("c").catch(() => "away"), { timeout: 20_000 }).toEqual({});
      await store.close();
      await server.close();
    });

    it("lets a reply that has begun end, with a line that it will not be remembered", async () => {
      const server = await startRedisServer(program);
      const store = await openStore(server.url);
      const inference = new FakeInferenceClient();
      const isKilled = createGate();
      inference.script({ chunks: ["Once"], hold: isKilled.opened });
      const reply = new FakeReplyHandle();
      reply.onAppend = () => void server.kill().then(isKilled.open);
      const core = createBotCore({ store, inference, logger });
      await core.handleMessage(testMessage("A story"), async () => reply);
      expect(reply.ended).toMatchObject({
        type: "finished",
        end: "complete",
        text: expect.stringMatching(/^Once\n\n\*My memory cannot be reached/),
      });
      const refused = new FakeReplyHandle();
      await core.handleMessage(testMessage("Another"), async () => refused);
      expect(refused.ended).toMatchObject({ type: "failed", reason: expect.stringMatching(/memory \(Redis\)/) });
      await store.close();
      await server.close();
    });

    it("opens before Redis is there and uses it once it is", async () => {
      const server = await startRedisServer(program);
      await server.kill();
      const store = await openStore(server.url);
      await expect(store.rounds("c")).rejects.toMatchObject({ code: "MEMORY_UNAVAILABLE" });
      await server.start();
      await expect.poll(() => store.rounds("c").catch(() => "away"), { timeout: 20_000 }).toEqual([]);
      await store.close();
      await server.close();
    });
  });
});

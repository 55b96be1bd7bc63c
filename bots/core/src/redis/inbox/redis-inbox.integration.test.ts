import { describe, it } from "vitest";
import { pause } from "../../port/pause.ts";
import { describeOnRedis } from "../../testing/describe-on-redis.contract.ts";
import { LEASE_MS, SOON, startRedisProcesses } from "../../testing/redis-processes.ts";
import { testEntry } from "../../testing/test-entry.ts";

const never = new AbortController().signal;
const DAY_MS = 86_400_000;
/** A place in which some processes cannot write. */
const elsewhere = { ...testEntry().place, channelId: "elsewhere" };

describeOnRedis("inbox", (program) => {
  describe.concurrent("of which something is taken over", () => {
    it("gives what a dead process left to another, with what was known of it and its place", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [dead, alive] = [await run.open(), await run.open()];
      const delivery = await run.claim(dead);
      const state = { isAdmitted: true, handle: "1700.1", text: "An edited\n👩🏽‍🚀" };
      delivery.keep({ isAdmitted: true });
      delivery.keep({ handle: "0" });
      await expect.poll(() => run.hasKept(delivery)).toBe(true);
      delivery.keep({ handle: state.handle, text: state.text });
      await expect.poll(() => run.admin.hLen(`cria:{web:local}:entry:${delivery.id}`)).toBe(3);
      const taken = run.takeOver(alive);
      await run.kill(dead);
      await expect.poll(() => taken.length, SOON).toBe(1);
      const { id, entry } = delivery;
      expect(taken[0]).toMatchObject({ entry, state, id, count: 2 });
      expect(taken[0]!.ageMs).toBeGreaterThanOrEqual(LEASE_MS);
      expect(taken[0]!.ageMs).toBeLessThan(60_000);
      expect(await taken[0]!.owns()).toBe("mine");
      await taken[0]!.end();
      expect(await run.admin.xLen(run.inbox)).toBe(0);
      expect(await run.numPending()).toBe(0);
      expect(await run.hasKept(delivery)).toBe(false);
    });

    it("leaves what is renewed where it is, longer than two leases", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [holder, other] = [await run.open(), await run.open()];
      const taken = run.takeOver(other);
      const delivery = await run.claim(holder);
      await pause(4 * LEASE_MS, never);
      expect(taken).toEqual([]);
      expect(await delivery.owns()).toBe("mine");
      await delivery.release();
      await expect.poll(() => taken.map(({ count }) => count), SOON).toEqual([1]);
    });

    it("gives what is released to another at once, the delivery not counted", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [leaving, other] = [await run.open(), await run.open()];
      const deliveries = [await run.claim(leaving), await run.claim(leaving)];
      run.takeOver(leaving);
      await leaving.inbox.releaseAll();
      const startMs = performance.now();
      const taken = run.takeOver(other);
      await expect.poll(() => taken.length).toBe(2);
      expect(performance.now() - startMs).toBeLessThan(LEASE_MS);
      expect(taken.map(({ count }) => count)).toEqual([1, 1]);
      for (const delivery of deliveries) {
        expect(delivery.gone.reason).toBe("taken");
        expect(await delivery.owns()).toBe("taken");
        await delivery.end();
      }
      expect(await run.numPending()).toBe(2);
    });

    it("counts each delivery to a process that died", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      let holder = await run.open();
      await run.claim(holder);
      for (const count of [2, 3]) {
        const next = await run.open();
        const taken = run.takeOver(next);
        await run.kill(holder);
        await expect.poll(() => taken.map((delivery) => delivery.count), SOON).toEqual([count]);
        holder = next;
      }
    });

    it("gives each of many entries to one of many who look for them", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const dead = await run.open();
      for (let number = 0; number < 40; number++) await run.claim(dead);
      const others = [await run.open(), await run.open(), await run.open()];
      const taken = others.map((other) => run.takeOver(other));
      await run.kill(dead);
      await expect.poll(() => taken.flat().length, SOON).toBe(40);
      await pause(LEASE_MS, never);
      expect(new Set(taken.flat().map(({ id }) => id)).size).toBe(40);
      expect(taken.flat().map(({ count }) => count)).toEqual(Array(40).fill(2));
    });

    it("gives what a process serves from behind any number that it does not", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const dead = await run.open();
      for (let number = 0; number < 40; number++) await run.claim(dead, { place: elsewhere });
      const served = await run.claim(dead);
      await run.kill(dead);
      const taken = run.takeOver(await run.open(), ({ channelId }) => channelId !== "elsewhere");
      await expect.poll(() => taken.map(({ id }) => id), SOON).toEqual([served.id]);
    });

    it("goes on behind an entry with which something is wrong, and logs it once", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const dead = await run.open();
      await run.claim(dead, { place: elsewhere });
      const [odd, last] = [await run.claim(dead), await run.claim(dead)];
      await run.admin.hSet(`cria:{web:local}:entry:${odd.id}`, { handle: "{", isAdmitted: "true" });
      await run.kill(dead);
      const taken = run.takeOver(await run.open(), ({ channelId }) => {
        if (channelId === "elsewhere") throw new TypeError("serves nothing");
        return true;
      });
      await expect.poll(() => taken.map(({ id }) => id), SOON).toEqual([odd.id, last.id]);
      expect(taken[0]!.state).toEqual({ isAdmitted: true });
      await pause(LEASE_MS, never);
      const line = "what another process left cannot be taken over";
      expect(run.lines).toEqual([line, line]);
    });

    it("leaves an entry that it cannot read to another version", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const dead = await run.open();
      await run.claim(dead, { kind: "poll" as "press" });
      const readable = await run.claim(dead);
      await run.kill(dead);
      const taken = run.takeOver(await run.open());
      await expect.poll(() => taken.map(({ id }) => id), SOON).toEqual([readable.id]);
      expect(await run.numPending()).toBe(2);
    });

    it("notes what happens to entries of a conversation, and to no others, in one command", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      const { place } = testEntry();
      const [byMessage, byReply, other] = [await run.claim(stores), await run.claim(stores), await run.claim(stores)];
      const away = await run.claim(stores, { place: elsewhere, messageId: byMessage.entry.messageId });
      const stateOf = ({ id }: typeof other) => run.admin.hGetAll(`cria:{web:local}:entry:${id}`);
      const ids = [byMessage.entry.messageId, byReply.entry.replyId, "none"];
      await stores.inbox.note(place, { isDeleted: true }, ids);
      const states = await Promise.all([byMessage, byReply, other, away].map(stateOf));
      expect(states).toEqual([{ isDeleted: "true" }, { isDeleted: "true" }, {}, {}]);
      await stores.inbox.note(place, { text: "A", isStopped: true });
      expect(await stateOf(other)).toEqual({ text: '"A"', isStopped: "true" });
      expect(await stateOf(away)).toEqual({});
      for (const delivery of [byMessage, byReply, other, away]) await delivery.end();
      await run.admin.hSet("cria:{web:local}:pending:web:local:general", other.id, '["m","r"]');
      await run.admin.configResetStat();
      await stores.inbox.note(place, { isStopped: true });
      expect(await run.admin.info("commandstats")).toMatch(/cmdstat_evalsha:calls=1,/);
      const keys = await Promise.all(["*:entry:*", "*:pending:*"].map((pattern) => run.admin.keys(pattern)));
      expect(keys.flat()).toEqual([]);
    });

    it("lets a process change nothing of what another has taken", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const delivery = await run.claim(await run.open());
      await run.admin.xClaim(run.inbox, "bots", "another", 0, delivery.id);
      delivery.keep({ handle: "mine" });
      await expect.poll(() => delivery.gone.reason).toBe("taken");
      expect(await delivery.owns()).toBe("taken");
      await delivery.end();
      await delivery.release();
      expect(await run.hasKept(delivery)).toBe(false);
      const { consumers } = await run.admin.xPending(run.inbox, "bots");
      expect(consumers).toEqual([{ name: "another", deliveriesCounter: 1 }]);
    });
  });

  describe.concurrent("in the course of time", () => {
    it("keeps a claim as long as its event is being answered", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const { entry } = await run.claim(await run.open());
      const claim = `cria:{web:local}:event:${encodeURIComponent(entry.eventId)}`;
      expect(await run.admin.pTTL(claim)).toBeGreaterThan(599_000);
      await run.admin.pExpire(claim, 5_000);
      await expect.poll(() => run.admin.pTTL(claim)).toBeGreaterThan(599_000);
    });

    it("writes every key with the writer's hash tag and a time to live", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const delivery = await run.claim(await run.open(), { eventId: "e:1" });
      delivery.keep({ handle: "1" });
      await expect.poll(() => run.hasKept(delivery)).toBe(true);
      const keys = (await run.admin.keys("*")).sort();
      const names = ["entry:ID", "event:e%3A1", "inbox", "pending:web:local:general"].map(
        (name) => `cria:{web:local}:${name}`,
      );
      expect(keys.map((key) => key.replace(delivery.id, "ID"))).toEqual(names);
      for (const key of keys) expect(await run.admin.pTTL(key)).toBeGreaterThan(0);
      await delivery.end();
      expect((await run.admin.keys("*")).sort()).toEqual(keys.slice(1, 3));
    });

    it("refuses a new entry where ten thousand are pending, and not what is delivered again", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      const { entry } = await run.claim(stores);
      const all = run.admin.multi();
      for (let number = 0; number < 10_000; number++) all.xAdd(run.inbox, "*", { entry: "{}", raw: "" });
      await all.exec();
      expect(await stores.inbox.claim(entry)).toBeUndefined();
      await expect(run.claim(stores)).rejects.toMatchObject({ code: "CONVERSATION_BUSY" });
    });

    it("forgets what nobody took within a week, with what was known of it", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      await run.admin.xGroupCreate(run.inbox, "bots", "0", { MKSTREAM: true });
      const ids = [8, 6].map((days) => `${Date.now() - days * DAY_MS}-0`);
      for (const id of ids) {
        await run.admin.xAdd(run.inbox, id, { entry: "{}", raw: "" });
        await run.admin.hSet(`cria:{web:local}:entry:${id}`, "handle", "1");
      }
      await run.admin.xReadGroup("bots", "dead", { key: run.inbox, id: ">" });
      run.takeOver(await run.open());
      await expect.poll(run.pendingIds).toEqual([ids[1]]);
      expect(await run.admin.keys("*:entry:*")).toEqual([`cria:{web:local}:entry:${ids[1]}`]);
    });

    it("has consumers only while something is pending for them", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [dead, leaving, other] = [await run.open(), await run.open(), await run.open()];
      const names = async () => (await run.admin.xInfoConsumers(run.inbox, "bots")).map(({ name }) => name);
      await run.claim(dead);
      await run.claim(leaving);
      await (await run.claim(other)).end();
      expect(await names()).toHaveLength(2);
      await leaving.inbox.releaseAll();
      expect(await names()).toContain("released");
      await run.kill(dead);
      const taken = run.takeOver(other);
      await expect.poll(() => taken.length, SOON).toBe(2);
      expect(await names()).toHaveLength(1);
      for (const delivery of taken) await delivery.end();
      expect(await names()).toEqual([]);
    });

    it("sends one small command four times in a lease while nothing is pending", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      run.takeOver(stores);
      await (await run.claim(stores)).end();
      await pause(LEASE_MS, never);
      await run.admin.configResetStat();
      await pause(2 * LEASE_MS, never);
      const stats = await run.admin.info("commandstats");
      expect(Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1])).toBeLessThanOrEqual(9);
      expect(stats).not.toMatch(/cmdstat_(xclaim|hset|set):/);
    });
  });
});

import { describe, it } from "vitest";
import { pause } from "../port/pause.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { LEASE_MS, SOON, startRedisProcesses } from "../testing/redis-processes.ts";

const never = new AbortController().signal;
const KEY = "web:local:general";
const at = (seq: number) => ({ id: `1700000000000-${seq}`, replyId: `r${seq}` });

describeOnRedis("turn queue", (program) => {
  describe.concurrent("of processes that come and go", () => {
    it("gives on the turn of one that died, once its entry would have been taken over", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [dead, alive] = [await run.open(), await run.open()];
      await (await dead.turns.enter(KEY, at(0))).turn;
      const waiting = await alive.turns.enter(KEY, at(1));
      await run.kill(dead);
      const startMs = performance.now();
      await waiting.turn;
      expect(performance.now() - startMs).toBeGreaterThan(2.5 * LEASE_MS);
    });

    it("keeps the turn of one that lives, longer than a lease", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [holder, other] = [await run.open(), await run.open()];
      const place = await holder.turns.enter(KEY, at(0));
      const waiting = await other.turns.enter(KEY, at(1));
      const turn = waiting.turn.then(() => "came");
      expect(await Promise.race([turn, pause(4 * LEASE_MS, never).then(() => "waits")])).toBe("waits");
      await place.leave();
      expect(await turn).toBe("came");
    });

    it("gives whoever takes an entry over the place that it had", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [dead, alive] = [await run.open(), await run.open()];
      await (await dead.turns.enter(KEY, at(0))).turn;
      await dead.turns.enter(KEY, at(1));
      const later = await alive.turns.enter(KEY, at(2));
      await run.kill(dead);
      await pause(2.2 * LEASE_MS, never);
      const [second, first] = [await alive.turns.enter(KEY, at(1)), await alive.turns.enter(KEY, at(0))];
      const order: string[] = [];
      const runs = { first, second, later };
      const done = Object.entries(runs).map(async ([name, place]) => {
        await place.turn;
        order.push(name);
        await place.leave();
      });
      await Promise.all(done);
      expect(order).toEqual(["first", "second", "later"]);
    });

    it("leaves the turn of whoever took an entry over alone, once it is abandoned", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [cutOff, successor] = [await run.open(), await run.open()];
      let isHeld = true;
      const lost = await cutOff.turns.enter(KEY, { ...at(0), isHeld: () => isHeld });
      await lost.turn;
      const taken = await successor.turns.enter(KEY, at(0));
      await taken.turn;
      isHeld = false;
      lost.abandon();
      expect(await run.admin.get(`cria:{${KEY}}:turn`)).toBe(at(0).replyId);
      await taken.leave();
      await pause(LEASE_MS, never);
      expect(await run.admin.exists([`cria:{${KEY}}:turn`, `cria:{${KEY}}:waiting`])).toBe(0);
    });

    it("is not renewed for an entry that may be another's by now", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [cutOff, successor] = [await run.open(), await run.open()];
      await (await cutOff.turns.enter(KEY, { ...at(0), isHeld: () => false })).turn;
      await (await successor.turns.enter(KEY, at(0))).leave();
      await pause(LEASE_MS, never);
      expect(await run.admin.exists([`cria:{${KEY}}:turn`, `cria:{${KEY}}:waiting`])).toBe(0);
    });

    it("gives the turn on once Redis is back, where it was away when the turn was left", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const holder = await run.openBehindProxy();
      const place = await holder.turns.enter(KEY, at(0));
      await place.turn;
      await run.proxy.shut();
      await place.leave();
      await run.proxy.open();
      await expect.poll(() => run.admin.exists(`cria:{${KEY}}:turn`), SOON).toBe(0);
    });

    it("counts whoever takes an entry over once where as many wait as may", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [dying, alive] = [await run.open(), await run.open()];
      await (await alive.turns.enter(KEY, at(0))).turn;
      for (let seq = 1; seq <= 31; seq++) await alive.turns.enter(KEY, at(seq));
      await dying.turns.enter(KEY, at(32));
      await run.kill(dying);
      await expect(alive.turns.enter(KEY, at(33))).rejects.toThrow(/32 messages already wait/);
      await alive.turns.enter(KEY, at(32));
    });

    it("renews for those who wait three times in a lease, and asks nothing when one leaves", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [holder, other] = [await run.open(), await run.open()];
      const place = await holder.turns.enter(KEY, at(0));
      const waiting = [];
      const aheads: number[] = [];
      for (let seq = 1; seq <= 10; seq++) {
        const onWaiting = (ahead: number) => {
          aheads[seq - 1] = ahead;
        };
        waiting.push(await other.turns.enter(KEY, { ...at(seq), onWaiting }));
      }
      await run.admin.configResetStat();
      await pause(2 * LEASE_MS, never);
      const numCalls = async () =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await run.admin.info("commandstats"))?.[1] ?? 0);
      expect(await numCalls()).toBeLessThanOrEqual(11 * 7);
      await place.leave();
      await waiting[0]!.turn;
      await expect.poll(() => aheads.slice(1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await run.admin.configResetStat();
      for (const each of waiting) {
        await each.turn;
        await each.leave();
      }
      expect(await numCalls()).toBeLessThan(10 + 20);
    });

    it("goes on waiting while Redis is away, in the order that it had", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      const holder = await stores.turns.enter(KEY, at(0));
      const waiting = [await stores.turns.enter(KEY, at(1)), await stores.turns.enter(KEY, at(2))];
      await run.server.kill();
      await pause(LEASE_MS, never);
      await run.server.start();
      await expect.poll(() => run.admin.zCard(`cria:{${KEY}}:waiting`).catch(() => 0), SOON).toBe(2);
      await expect.poll(() => run.admin.get(`cria:{${KEY}}:turn`), SOON).toBe(at(0).replyId);
      await holder.leave();
      await waiting[0]!.turn;
      await waiting[0]!.leave();
      await waiting[1]!.turn;
    });
  });
});

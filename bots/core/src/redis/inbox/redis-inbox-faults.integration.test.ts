import { describe, it, vi } from "vitest";
import { pause } from "../../port/pause.ts";
import { describeOnRedis } from "../../testing/describe-on-redis.contract.ts";
import { LEASE_MS, SOON, startRedisProcesses } from "../../testing/redis-processes.ts";
import { testEntry } from "../../testing/test-entry.ts";
import { TAKE } from "./inbox-scripts.ts";

/** After which an answer of Redis is late. */
const TIMEOUT_MS = 2_000;
const never = new AbortController().signal;
const MADE_ANEW = "an inbox's group was gone from Redis, and is made anew";

let hoursAhead = 0;
/** By an hour more each time: a process that has seen its clock go forward sees it again only where it goes further. */
function setClockForward(): void {
  hoursAhead += 1;
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hoursAhead * 3_600_000 });
}

describeOnRedis("inbox", (program) => {
  describe.concurrent("over a connection that breaks", () => {
    it("hears of an end again that it did not hear, and nobody answers anew", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [ending, other] = [await run.openBehindProxy(), await run.open()];
      const taken = run.takeOver(other);
      const deliveries = await Promise.all(Array.from({ length: 10 }, () => run.claim(ending)));
      await run.proxy.shut();
      await Promise.all(deliveries.map((delivery) => delivery.end()));
      expect(await run.numPending()).toBe(10);
      await run.proxy.open();
      await expect.poll(run.numPending, SOON).toBe(0);
      expect(taken).toEqual([]);
    });

    it("keeps what became known meanwhile once it is back", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const delivery = await run.claim(await run.openBehindProxy());
      await run.proxy.shut();
      delivery.keep({ handle: "1" });
      await pause(LEASE_MS / 2, never);
      await run.proxy.open();
      await expect.poll(() => run.hasKept(delivery), SOON).toBe(true);
    });

    it("has one writer while a process is cut off and another takes its entry", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [cutOff, other] = [await run.openBehindProxy(), await run.open()];
      const taken = run.takeOver(other);
      const delivery = await run.claim(cutOff);
      await run.proxy.shut();
      await expect.poll(() => taken.length, SOON).toBe(1);
      const owns = delivery.owns();
      await taken[0]!.end();
      await run.proxy.open();
      expect(await owns).toBe("taken");
      expect(delivery.gone.reason).toBe("taken");
    });

    it("says whose an entry is once it answers, where it was not renewed for a lease", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const delivery = await run.claim(await run.open());
      run.server.freeze();
      await pause(1.5 * LEASE_MS, never);
      const owns = delivery.owns();
      const still = pause(LEASE_MS, never).then(() => "unknown");
      expect(await Promise.race([owns, still])).toBe("unknown");
      run.server.thaw();
      expect(await owns).toBe("mine");
    });

    it("gives an entry whose claim was answered too late to whoever claimed it", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [late, other] = [await run.openBehindProxy(), await run.open()];
      await (await run.claim(late)).end();
      const entry = testEntry();
      run.proxy.mute();
      const claiming = late.inbox.claim(entry);
      await expect.poll(run.numPending).toBe(1);
      await pause(TIMEOUT_MS, never);
      run.proxy.unmute();
      const delivery = (await claiming)!;
      expect(delivery.count).toBe(1);
      expect(await delivery.owns()).toBe("mine");
      expect(await run.numPending()).toBe(1);
      expect(await other.inbox.claim(entry)).toBeUndefined();
    });

    it("answers nothing whose sender was told that it could not be reached", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [late, other] = [await run.openBehindProxy(), await run.open()];
      await (await run.claim(late)).end();
      const [message, press] = [testEntry(), testEntry({ kind: "press" })];
      run.proxy.mute();
      const claims = [message, press].map((entry) => late.inbox.claim(entry));
      await expect.poll(run.numPending).toBe(2);
      await run.proxy.shut();
      const unavailable = { status: "rejected", reason: expect.objectContaining({ code: "MEMORY_UNAVAILABLE" }) };
      expect(await Promise.allSettled(claims)).toEqual([unavailable, unavailable]);
      await run.proxy.open();
      await expect.poll(run.numPending, SOON).toBe(0);
      expect(await run.admin.keys("*:pending:*")).toEqual([]);
      expect(await other.inbox.claim(message)).toBeUndefined();
      expect(await other.inbox.claim(press)).toBeDefined();
    });

    it("answers nothing that was refused before its claim came", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [late, other] = [await run.openBehindProxy(), await run.open()];
      await (await run.claim(late)).end();
      const entry = testEntry();
      await run.proxy.shut();
      await expect(late.inbox.claim(entry)).rejects.toMatchObject({ code: "MEMORY_UNAVAILABLE" });
      await run.proxy.open();
      const claim = `cria:{web:local}:event:${encodeURIComponent(entry.eventId)}`;
      await expect.poll(() => run.admin.exists(claim), SOON).toBe(1);
      expect(await other.inbox.claim(entry)).toBeUndefined();
    });

    it("gives an entry to somebody whose take-over was answered too late", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [dead, late] = [await run.open(), await run.openBehindProxy()];
      await run.admin.scriptLoad(TAKE.source);
      await run.claim(dead);
      await run.kill(dead);
      let isMuted = false;
      const taken = run.takeOver(late, () => {
        if (!isMuted) run.proxy.mute();
        isMuted = true;
        return true;
      });
      await expect.poll(() => taken.map(({ count }) => count), SOON).toEqual([3]);
    });
  });

  describe.concurrent("that Redis refuses to write, as one that became a replica", () => {
    it("gives up what it cannot renew for a lease, with one line in the log", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      const deliveries = [await run.claim(stores), await run.claim(stores)];
      await run.admin.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
      expect(await deliveries[0]!.owns()).toBe("mine");
      await expect.poll(() => deliveries.map(({ gone }) => gone.reason), SOON).toEqual(["lost", "lost"]);
      expect(await deliveries[0]!.owns()).toBe("lost");
      expect(run.lines).toEqual(["Redis refuses to renew what is being answered"]);
    });

    it("says once what it cannot keep, end and release, and tells an end again", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      const [ended, released] = [await run.claim(stores), await run.claim(stores)];
      await run.admin.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
      released.keep({ handle: "1" });
      await expect.poll(() => run.lines).toEqual(["Redis refuses to keep what became known of a message"]);
      await ended.end();
      await released.release();
      await pause(LEASE_MS, never);
      expect(run.lines.slice(1)).toEqual([
        "Redis refuses to end a message; it is told again",
        "Redis refuses to release a message",
      ]);
      await run.admin.sendCommand(["REPLICAOF", "NO", "ONE"]);
      await expect.poll(run.pendingIds, SOON).toEqual([released.id]);
    });
  });

  describe.concurrent("that Redis has lost, or seems to", () => {
    it("says that an entry is lost, and takes new ones", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      const delivery = await run.claim(stores);
      delivery.keep({ handle: "1" });
      await run.admin.flushAll();
      await expect.poll(() => delivery.gone.reason).toBe("lost");
      expect(await delivery.owns()).toBe("lost");
      await delivery.end();
      expect(await (await run.claim(stores)).owns()).toBe("mine");
      expect(await run.numPending()).toBe(1);
      expect(run.lines).toEqual([MADE_ANEW]);
    });

    it("says so too after a restart that brought Redis back empty", async ({ expect, onTestFinished }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const stores = await run.open();
      const delivery = await run.claim(stores);
      await run.server.kill();
      await run.server.start();
      await expect.poll(() => delivery.gone.reason, SOON).toBe("lost");
      expect(await (await run.claim(stores)).owns()).toBe("mine");
    });

    it("gives nothing away in the first lease after Redis was away, however idle it looks", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [holder, other] = [await run.open(), await run.open()];
      const taken = run.takeOver(other);
      await pause(2 * LEASE_MS, never);
      const deliveries = await Promise.all(Array.from({ length: 10 }, () => run.claim(holder)));
      run.server.freeze();
      await pause(5 * LEASE_MS, never);
      run.server.thaw();
      const isThere = () =>
        other.settings.get("c").then(
          () => true,
          () => false,
        );
      await expect.poll(isThere, SOON).toBe(true);
      await pause(4 * LEASE_MS, never);
      expect(taken).toEqual([]);
      for (const delivery of deliveries) expect(await delivery.owns()).toBe("mine");
    });

    it("makes a destroyed group anew, with one line in the log, and goes on with what it had", async ({
      expect,
      onTestFinished,
    }) => {
      const run = await startRedisProcesses(program, onTestFinished);
      const [holder, other] = [await run.open(), await run.open()];
      const delivery = await run.claim(holder);
      expect(run.lines).toEqual([]);
      await run.admin.xGroupDestroy(run.inbox, "bots");
      const taken = run.takeOver(other);
      await expect.poll(() => run.lines).toEqual([MADE_ANEW]);
      await expect.poll(run.pendingIds).toEqual([delivery.id]);
      await pause(3 * LEASE_MS, never);
      expect(await delivery.owns()).toBe("mine");
      expect(taken).toEqual([]);
      await delivery.end();
      expect(await run.admin.xLen(run.inbox)).toBe(0);
    });
  });

  it("asks whose an entry is after a sleep of its machine", async ({ expect, onTestFinished }) => {
    const run = await startRedisProcesses(program, onTestFinished);
    const delivery = await run.claim(await run.open());
    run.server.freeze();
    expect(await delivery.owns()).toBe("mine");
    setClockForward();
    const owns = delivery.owns();
    vi.useRealTimers();
    const still = pause(LEASE_MS / 3, never).then(() => "unknown");
    expect(await Promise.race([owns, still])).toBe("unknown");
    run.server.thaw();
    expect(await owns).toBe("mine");
  });

  it("does not ask a process what time it is", async ({ expect, onTestFinished }) => {
    const run = await startRedisProcesses(program, onTestFinished);
    const [early, other] = [await run.open(), await run.open()];
    setClockForward();
    const delivery = await run.claim(early);
    const taken = run.takeOver(other);
    await pause(3 * LEASE_MS, never);
    expect(taken).toEqual([]);
    expect(await delivery.owns()).toBe("mine");
    await run.kill(early);
    await expect.poll(() => taken.length, SOON).toBe(1);
    vi.useRealTimers();
    expect(taken[0]!.ageMs).toBeLessThan(60_000);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { createMemoryQuotaStore } from "../memory/memory-quota-store.ts";
import { type BotProcess, LEASE_MS, startBotProcesses, WAIT } from "../testing/bot-processes.contract.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { roundsOf, starting, testMessage, testPlace } from "../testing/test-core.ts";

const author = { id: "u1", name: "Ann" };

describeOnRedis("what a process leaves", (program) => {
  let run: Awaited<ReturnType<typeof startBotProcesses>>;
  beforeAll(async () => {
    run = await startBotProcesses(program);
  });
  beforeEach(() => run.admin.flushAll());
  afterEach(() => run.closeAll());
  afterAll(() => run.close());

  it("when it ends cleanly is answered by another at once, in the place of what was begun, in order", async () => {
    const ending = await run.open();
    const { reply, sent } = await run.startWriting(ending);
    const waiting = new FakeReplyHandle();
    const sentNext = ending.core.handleMessage(testMessage("And then?"), starting(waiting));
    await vi.waitFor(() => expect(waiting.statuses).toHaveLength(1), WAIT);
    await ending.core.stop();
    await Promise.all([sent, sentNext]);
    expect([reply, waiting].map(({ ended, isLeft }) => [ended, isLeft])).toEqual([
      [undefined, true],
      [undefined, true],
    ]);
    const next = await run.open();
    const begun = run.recover(next);
    await run.ended(begun, 2);
    expect(begun.map(({ handle }) => handle)).toContain("shown 17");
    expect((await roundsOf(next.stores)).map(({ user }) => user)).toEqual(["A story", "And then?"]);
    expect(await run.numPending()).toBe(0);
  });

  it.each([
    ["ends cleanly", (process: BotProcess) => process.core.stop()],
    ["dies", (process: BotProcess) => run.die(process)],
  ])("when it %s is answered before what waits in another process", async (_, leave) => {
    const [leaving, next] = [await run.open(), await run.open()];
    await run.startWriting(leaving);
    const waiting = new FakeReplyHandle();
    const sent = next.core.handleMessage(testMessage("And then?"), starting(waiting));
    await vi.waitFor(() => expect(waiting.statuses).toHaveLength(1), WAIT);
    const begun = run.recover(next);
    await leave(leaving);
    await Promise.all([sent, run.ended(begun)]);
    expect((await roundsOf(next.stores)).map(({ user }) => user)).toEqual(["A story", "And then?"]);
  });

  it("that comes while it ends is left to another", async () => {
    const ending = await run.open();
    await ending.core.stop();
    const late = vi.fn(starting(new FakeReplyHandle()));
    await ending.core.handleMessage(testMessage("Too late?"), late);
    expect(late).not.toHaveBeenCalled();
    const begun = run.recover(await run.open());
    await run.ended(begun);
  });

  it("when it dies is answered by another, that does not count it again", async () => {
    const dying = await run.open();
    await run.startWriting(dying);
    await run.die(dying);
    const next = await run.open();
    const begun = run.recover(next);
    await run.ended(begun);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { end: "complete" } } }]);
    expect(await roundsOf(next.stores)).toMatchObject([{ user: "A story" }]);
  });

  it.each([
    ["ended cleanly", (process: BotProcess) => process.core.stop()],
    ["died", (process: BotProcess) => run.die(process)],
  ])("when it %s is not counted again, what waited for its turn included", async (_, leave) => {
    const quotas = createMemoryQuotaStore();
    const counted = vi.spyOn(quotas, "countMessages");
    const limited = { quotas, quotaLimits: { userMessagesPerMinute: 2 } };
    const leaving = await run.open(limited);
    await run.startWriting(leaving);
    const waiting = new FakeReplyHandle();
    void leaving.core.handleMessage(testMessage("And then?"), starting(waiting));
    await vi.waitFor(async () => expect(await run.numKept()).toBe(2), WAIT);
    await leave(leaving);
    const next = await run.open(limited);
    const begun = run.recover(next);
    await run.ended(begun, 2);
    expect(begun.map(({ reply }) => reply.ended?.type)).toEqual(["finished", "finished"]);
    expect(counted).toHaveBeenCalledTimes(2);
  });

  it("that could be begun nowhere is counted by the process that can", async () => {
    const quotas = createMemoryQuotaStore();
    const limited = { quotas, quotaLimits: { userMessagesPerMinute: 1 } };
    const failing = await run.open(limited);
    await failing.core.handleMessage(testMessage("A story"), async () => {
      throw new Error("the platform is away");
    });
    await vi.waitFor(async () => {
      const [key = ""] = await run.admin.keys("cria:*:entry:*");
      expect(await run.admin.hGet(key, "isAdmitted")).toBe("false");
    }, WAIT);
    await run.die(failing);
    const next = await run.open(limited);
    const begun = run.recover(next);
    await run.ended(begun);
    expect(begun).toMatchObject([{ reply: { ended: { end: "complete" } } }]);
    const use = { workspace: "web:local", user: "u1", numMessages: 1 };
    expect(await quotas.countMessages(use, limited.quotaLimits)).toMatchObject({ limit: "userMessagesPerMinute" });
  });

  it("is not remembered where the conversation was reset while nobody had it", async () => {
    const dying = await run.open();
    await run.startWriting(dying);
    await run.die(dying);
    const next = await run.open();
    await next.core.handleCommand({ eventId: "reset", place: testPlace, author, command: { type: "reset" } });
    const begun = run.recover(next);
    await run.ended(begun);
    expect(begun).toMatchObject([{ reply: { ended: { end: "complete" } } }]);
    expect(await roundsOf(next.stores)).toEqual([]);
  });

  it("is answered in the words of an edit that it had heard", async () => {
    const dying = await run.open();
    const { messageId } = await run.startWriting(dying);
    dying.inference.script({ chunks: ["Twice"], hold: createGate().opened });
    await dying.core.handleEdit({ place: testPlace, messageId, text: "A tale" });
    await vi.waitFor(async () => {
      const [key = ""] = await run.admin.keys("cria:*:entry:*");
      expect(await run.admin.hGet(key, "text")).toContain("A tale");
    }, WAIT);
    await run.die(dying);
    const next = await run.open();
    await run.ended(run.recover(next));
    expect(await roundsOf(next.stores)).toMatchObject([{ user: "A tale" }]);
  });

  it("is taken away where its question was deleted while nobody had it", async () => {
    const dying = await run.open();
    const { messageId } = await run.startWriting(dying);
    await run.die(dying);
    const next = await run.open();
    await next.core.handleDeletion({ place: testPlace, ids: ["another"] });
    await next.core.handleDeletion({ place: testPlace, ids: [messageId] });
    const begun = run.recover(next);
    await vi.waitFor(async () => expect(await run.numPending()).toBe(0), WAIT);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { end: "stopped" } } }]);
    expect(next.inference.requests).toEqual([]);
    expect(await roundsOf(next.stores)).toEqual([]);
  });

  it("is answered in the words of an edit that came while nobody had it", async () => {
    const dying = await run.open();
    const { messageId } = await run.startWriting(dying);
    await run.die(dying);
    const next = await run.open();
    await next.core.handleEdit({ place: testPlace, messageId, text: "A tale" });
    await run.ended(run.recover(next));
    expect(await roundsOf(next.stores)).toMatchObject([{ user: "A tale" }]);
  });

  it("is ended without an answer where Stop was pressed while nobody had it", async () => {
    const dying = await run.open();
    await run.startWriting(dying);
    await run.die(dying);
    const next = await run.open();
    await next.core.stopReply({ place: testPlace, author });
    const begun = run.recover(next);
    await run.ended(begun);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { end: "stopped" } } }]);
    expect(next.inference.requests).toEqual([]);
  });

  it("hears of a deletion while its platform is asked what there is of it", async () => {
    const dying = await run.open();
    const { messageId } = await run.startWriting(dying);
    await run.die(dying);
    const next = await run.open();
    const hasEnded = async () => {
      await next.core.handleDeletion({ place: testPlace, ids: [messageId] });
      return false;
    };
    const begun = run.recover(next, { hasEnded });
    await vi.waitFor(async () => expect(await run.numPending()).toBe(0), WAIT);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { end: "stopped" } } }]);
  });

  it("is only ended where the platform shows that it had been finished", async () => {
    const dying = await run.open();
    await run.startWriting(dying);
    await run.die(dying);
    const next = await run.open();
    const hasEnded = vi.fn(async () => true);
    const begun = run.recover(next, { hasEnded });
    await vi.waitFor(async () => expect(await run.numPending()).toBe(0), WAIT);
    expect(hasEnded).toHaveBeenCalledWith(testPlace, "shown 17");
    expect(begun).toEqual([]);
  });

  it("is given up with a sentence after three deliveries", async () => {
    for (let delivery = 1; delivery <= 3; delivery++) {
      const dying = await run.open();
      if (delivery === 1) await run.startWriting(dying);
      else {
        dying.inference.script({ chunks: ["Again"], hold: createGate().opened });
        const begun = run.recover(dying);
        await vi.waitFor(() => expect(begun[0]?.reply.text).toBe("Again"), WAIT);
      }
      await run.die(dying);
    }
    const next = await run.open();
    const begun = run.recover(next);
    await run.ended(begun);
    const reason = expect.stringMatching(/tried three times/);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { reason } } }]);
    expect(next.inference.requests).toEqual([]);
  });

  it("is written by one process alone, where the other was cut off from Redis for longer than a lease", async () => {
    const cutOff = await run.open();
    const { reply, hold } = await run.startWriting(cutOff);
    await run.die(cutOff);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * LEASE_MS));
    hold.open();
    const begun = run.recover(await run.open());
    await run.ended(begun);
    expect(reply.ended).toBeUndefined();
  });

  it("is told with one sentence where Redis came back without it, and nobody answers it again", async () => {
    const writing = await run.open();
    const { reply, sent, hold } = await run.startWriting(writing);
    await run.server.kill();
    await run.server.start();
    await vi.waitFor(() => expect(reply.ended).toMatchObject({ type: "failed" }), WAIT);
    hold.open();
    await sent;
    expect(reply.ended).toMatchObject({ reason: expect.stringMatching(/memory was restarted/) });
    expect(reply.text).toBe("Once upon a time.");
    const begun = run.recover(await run.open());
    await new Promise((resolve) => setTimeout(resolve, 4 * LEASE_MS));
    expect(begun).toEqual([]);
  });

  it("stays its own through a restart of Redis that keeps its data", async () => {
    const writing = await Promise.all(Array.from({ length: 3 }, () => run.open()));
    const begun = run.recover(await run.open());
    const replies = await Promise.all(writing.map((one, index) => run.startWriting(one, `c${index}`)));
    run.server.freeze();
    await new Promise((resolve) => setTimeout(resolve, 4 * LEASE_MS));
    run.server.thaw();
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS));
    for (const { hold } of replies) hold.open();
    await Promise.all(replies.map(({ sent }) => sent));
    expect(begun).toEqual([]);
    expect(replies.map(({ reply }) => reply.ended?.type)).toEqual(["finished", "finished", "finished"]);
  });
});

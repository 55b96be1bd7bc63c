import { pino } from "pino";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { createBotCore } from "../bot-core.ts";
import type { Stores } from "../conversation/stores.ts";
import type { RecoverOptions } from "../port/bot.ts";
import { createRedisStores } from "../redis/redis-stores.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { FakeInferenceClient } from "../testing/fake-inference-client.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { type RedisServer, startRedisServer } from "../testing/redis-server.ts";
import { roundsOf, starting, testMessage, testPlace } from "../testing/test-core.ts";

const logger = pino({ level: "silent" });
const WAIT = { timeout: 20_000 };
const LEASE_MS = 400;
const WRITER = "web:local";
const author = { id: "u1", name: "Ann" };

describeOnRedis("what a process leaves", (program) => {
  let server: RedisServer;
  let admin: ReturnType<typeof createClient>;
  const opened: Stores[] = [];
  const endings: (() => void)[] = [];
  beforeAll(async () => {
    server = await startRedisServer(program);
    admin = createClient({ url: server.url });
    admin.on("error", () => undefined);
    await admin.connect();
  });
  beforeEach(() => admin.flushAll());
  afterEach(async () => {
    for (const end of endings.splice(0)) end();
    for (const stores of opened.splice(0)) await stores.close();
  });
  afterAll(async () => {
    admin.destroy();
    await server.close();
  });

  const open = async () => {
    const stores = await createRedisStores({ url: server.url, logger, roundsTtlMs: 60_000, leaseMs: LEASE_MS });
    opened.push(stores);
    const inference = new FakeInferenceClient();
    return { stores, inference, core: createBotCore({ stores, inference, logger }) };
  };
  type Process = Awaited<ReturnType<typeof open>>;
  /** The process is gone without a word: it renews nothing, and nothing it does is kept. */
  const die = async ({ stores }: Process) => await stores.close();

  const startWriting = async ({ core, inference }: Process, channelId = "general") => {
    const hold = createGate();
    inference.script({ chunks: ["Once", " upon a time."], hold: hold.opened });
    const reply = new FakeReplyHandle();
    reply.handle = "shown 17";
    const isWriting = createGate();
    reply.onAppend = isWriting.open;
    const message = testMessage("A story", { place: { ...testPlace, channelId } });
    const sent = core.handleMessage(message, starting(reply));
    await isWriting.opened;
    // Until its handle is kept.
    await vi.waitFor(async () => expect(await admin.keys("cria:*:entry:*")).not.toEqual([]), WAIT);
    return { reply, sent, hold, messageId: message.eventId };
  };
  /** Goes on with what others left, and tells of each reply that it began. */
  const recover = ({ core }: Process, options: Partial<RecoverOptions> = {}) => {
    const begun: { readonly handle: string | undefined; readonly reply: FakeReplyHandle }[] = [];
    const begin = (handle: string | undefined) => {
      const reply = new FakeReplyHandle();
      begun.push({ handle, reply });
      return reply;
    };
    const end = core.recover({
      writer: WRITER,
      serves: () => true,
      work: async ({ event, handle, answer }) => await answer(JSON.parse(event.raw), async () => begin(handle)),
      hasEnded: async () => false,
      startReply: async ({ handle }) => begin(handle),
      ...options,
    });
    endings.push(end);
    return begun;
  };
  const ended = async (begun: ReturnType<typeof recover>, count = 1) =>
    await vi.waitFor(() => expect(begun.filter(({ reply }) => reply.ended)).toHaveLength(count), WAIT);
  const numPending = async () => await admin.xLen(`cria:{${WRITER}}:inbox`);

  it("when it ends cleanly is answered by another at once, in the place of what was begun, in order", async () => {
    const ending = await open();
    const { reply, sent } = await startWriting(ending);
    const waiting = new FakeReplyHandle();
    const sentNext = ending.core.handleMessage(testMessage("And then?"), starting(waiting));
    await vi.waitFor(() => expect(waiting.statuses).toHaveLength(1), WAIT);
    await ending.core.stop();
    await Promise.all([sent, sentNext]);
    expect([reply, waiting].map(({ ended, isLeft }) => [ended, isLeft])).toEqual([
      [undefined, true],
      [undefined, true],
    ]);
    const next = await open();
    const begun = recover(next);
    await ended(begun, 2);
    expect(begun.map(({ handle }) => handle)).toContain("shown 17");
    expect((await roundsOf(next.stores)).map(({ user }) => user)).toEqual(["A story", "And then?"]);
    expect(await numPending()).toBe(0);
  });

  it("that comes while it ends is left to another", async () => {
    const ending = await open();
    await ending.core.stop();
    const late = vi.fn(starting(new FakeReplyHandle()));
    await ending.core.handleMessage(testMessage("Too late?"), late);
    expect(late).not.toHaveBeenCalled();
    const begun = recover(await open());
    await ended(begun);
  });

  it("when it dies is answered by another, that does not count it again", async () => {
    const dying = await open();
    await startWriting(dying);
    await die(dying);
    const next = await open();
    const begun = recover(next);
    await ended(begun);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { end: "complete" } } }]);
    expect(await roundsOf(next.stores)).toMatchObject([{ user: "A story" }]);
  });

  it("is answered in the words of an edit that it had heard", async () => {
    const dying = await open();
    const { messageId } = await startWriting(dying);
    dying.inference.script({ chunks: ["Twice"], hold: createGate().opened });
    await dying.core.handleEdit({ place: testPlace, messageId, text: "A tale" });
    await vi.waitFor(async () => {
      const [key = ""] = await admin.keys("cria:*:entry:*");
      expect(await admin.hGet(key, "text")).toContain("A tale");
    }, WAIT);
    await die(dying);
    const next = await open();
    await ended(recover(next));
    expect(await roundsOf(next.stores)).toMatchObject([{ user: "A tale" }]);
  });

  it("is not answered where its question was deleted while nobody had it", async () => {
    const dying = await open();
    const { messageId } = await startWriting(dying);
    await die(dying);
    const next = await open();
    await next.core.handleDeletion({ place: testPlace, ids: ["another"] });
    await next.core.handleDeletion({ place: testPlace, ids: [messageId] });
    const begun = recover(next);
    await vi.waitFor(async () => expect(await numPending()).toBe(0), WAIT);
    expect(begun).toEqual([]);
    expect(await roundsOf(next.stores)).toEqual([]);
  });

  it("is answered in the words of an edit that came while nobody had it", async () => {
    const dying = await open();
    const { messageId } = await startWriting(dying);
    await die(dying);
    const next = await open();
    await next.core.handleEdit({ place: testPlace, messageId, text: "A tale" });
    await ended(recover(next));
    expect(await roundsOf(next.stores)).toMatchObject([{ user: "A tale" }]);
  });

  it("is ended without an answer where Stop was pressed while nobody had it", async () => {
    const dying = await open();
    await startWriting(dying);
    await die(dying);
    const next = await open();
    await next.core.stopReplies({ place: testPlace, author });
    const begun = recover(next);
    await ended(begun);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { end: "stopped" } } }]);
    expect(next.inference.requests).toEqual([]);
  });

  it("hears of a deletion while its platform is asked what there is of it", async () => {
    const dying = await open();
    const { messageId } = await startWriting(dying);
    await die(dying);
    const next = await open();
    const hasEnded = async () => {
      await next.core.handleDeletion({ place: testPlace, ids: [messageId] });
      return false;
    };
    const begun = recover(next, { hasEnded });
    await vi.waitFor(async () => expect(await numPending()).toBe(0), WAIT);
    expect(begun).toEqual([]);
  });

  it("is only ended where the platform shows that it had been finished", async () => {
    const dying = await open();
    await startWriting(dying);
    await die(dying);
    const next = await open();
    const hasEnded = vi.fn(async () => true);
    const begun = recover(next, { hasEnded });
    await vi.waitFor(async () => expect(await numPending()).toBe(0), WAIT);
    expect(hasEnded).toHaveBeenCalledWith(testPlace, "shown 17");
    expect(begun).toEqual([]);
  });

  it("is given up with a sentence after three deliveries", async () => {
    for (let delivery = 1; delivery <= 3; delivery++) {
      const dying = await open();
      if (delivery === 1) await startWriting(dying);
      else {
        dying.inference.script({ chunks: ["Again"], hold: createGate().opened });
        const begun = recover(dying);
        await vi.waitFor(() => expect(begun[0]?.reply.text).toBe("Again"), WAIT);
      }
      await die(dying);
    }
    const next = await open();
    const begun = recover(next);
    await ended(begun);
    const reason = expect.stringMatching(/restarted three times/);
    expect(begun).toMatchObject([{ handle: "shown 17", reply: { ended: { reason } } }]);
    expect(next.inference.requests).toEqual([]);
  });

  it("of a press or a comparison gets a sentence, and may be pressed again", async () => {
    const dying = await open();
    const first = new FakeReplyHandle();
    await dying.core.handleMessage(testMessage("Hi"), starting(first));
    dying.inference.script({ chunks: ["Again"], hold: createGate().opened });
    const again = new FakeReplyHandle();
    again.handle = "shown 18";
    void dying.core.regenerate({ place: testPlace, author, replyId: first.id }, starting(again));
    await vi.waitFor(() => expect(again.text).toBe("Again"), WAIT);
    await vi.waitFor(async () => expect(await admin.keys("cria:*:entry:*")).toHaveLength(1), WAIT);
    await die(dying);
    const next = await open();
    const begun = recover(next);
    await ended(begun);
    const reason = expect.stringMatching(/Press the button again/);
    expect(begun).toMatchObject([{ handle: "shown 18", reply: { ended: { reason } } }]);
    await vi.waitFor(async () => expect(await numPending()).toBe(0), WAIT);
    const pressed = new FakeReplyHandle();
    await next.core.regenerate({ place: testPlace, author, replyId: first.id }, starting(pressed));
    expect(pressed.ended).toMatchObject({ end: "complete" });
  });

  it("is written by one process alone, where the other was cut off from Redis for longer than a lease", async () => {
    const cutOff = await open();
    const { reply, hold } = await startWriting(cutOff);
    await die(cutOff);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * LEASE_MS));
    hold.open();
    const begun = recover(await open());
    await ended(begun);
    expect(reply.ended).toBeUndefined();
  });

  it("is told with one sentence where Redis came back without it, and nobody answers it again", async () => {
    const writing = await open();
    const { reply, sent, hold } = await startWriting(writing);
    await server.kill();
    await server.start();
    await vi.waitFor(() => expect(reply.ended).toMatchObject({ type: "failed" }), WAIT);
    hold.open();
    await sent;
    expect(reply.ended).toMatchObject({ reason: expect.stringMatching(/memory was restarted/) });
    expect(reply.text).toBe("Once upon a time.");
    const begun = recover(await open());
    await new Promise((resolve) => setTimeout(resolve, 4 * LEASE_MS));
    expect(begun).toEqual([]);
  });

  it("stays its own through a restart of Redis that keeps its data", async () => {
    const writing = await Promise.all(Array.from({ length: 3 }, open));
    const begun = recover(await open());
    const replies = await Promise.all(writing.map((one, index) => startWriting(one, `c${index}`)));
    server.freeze();
    await new Promise((resolve) => setTimeout(resolve, 4 * LEASE_MS));
    server.thaw();
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS));
    for (const { hold } of replies) hold.open();
    await Promise.all(replies.map(({ sent }) => sent));
    expect(begun).toEqual([]);
    expect(replies.map(({ reply }) => reply.ended?.type)).toEqual(["finished", "finished", "finished"]);
  });
});

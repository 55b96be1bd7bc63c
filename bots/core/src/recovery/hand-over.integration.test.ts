import { pino } from "pino";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { createBotCore } from "../bot-core.ts";
import type { ConversationStore } from "../conversation/conversation-store.ts";
import type { AbandonedReply } from "../port/bot.ts";
import { createRedisConversationStore } from "../redis/redis-conversation-store.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { FakeInferenceClient } from "../testing/fake-inference-client.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { type RedisServer, startRedisServer } from "../testing/redis-server.ts";
import { createTestCore, starting, testConversation, testMessage, testPlace } from "../testing/test-core.ts";
import { toUnanswered } from "./unanswered.ts";

const logger = pino({ level: "silent" });
const WAIT = { timeout: 30_000 };
const everywhere = { platform: "web", serves: () => true };
const author = { id: "u1", name: "Ann" };

describeOnRedis("a process that ends", (program) => {
  let server: RedisServer;
  let admin: ReturnType<typeof createClient>;
  const stores: ConversationStore[] = [];
  beforeAll(async () => {
    server = await startRedisServer(program);
    admin = createClient({ url: server.url });
    await admin.connect();
  });
  beforeEach(() => admin.flushAll());
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  afterAll(async () => {
    admin.destroy();
    await server.close();
  });

  /** A silent process seems dead after a minute, so what is taken in a test was let go, unless the test says otherwise. */
  const open = async ({ leaseMs = 300, processTtlMs = 60_000 } = {}) => {
    const options = { url: server.url, logger, turnsTtlMs: 60_000, leaseMs, processTtlMs };
    const store = await createRedisConversationStore(options);
    stores.push(store);
    const inference = new FakeInferenceClient();
    return { store, inference, core: createBotCore({ store, inference, logger }) };
  };
  const startWriting = async ({ core, inference }: Awaited<ReturnType<typeof open>>, hold = createGate()) => {
    inference.script({ chunks: ["Once", " upon a time."], hold: hold.opened });
    const reply = new FakeReplyHandle();
    reply.handle = "message 17";
    const isWriting = createGate();
    reply.onAppend = isWriting.open;
    const sent = core.handleMessage(testMessage("A story"), starting(reply));
    await isWriting.opened;
    return { reply, sent };
  };
  /** Goes on with what others left, until so many replies have ended. */
  const adopt = async ({ core }: Awaited<ReturnType<typeof open>>, count: number) => {
    const adopted: (AbandonedReply & { readonly reply: FakeReplyHandle })[] = [];
    const end = core.adoptReplies(everywhere, async (abandoned) => {
      const reply = new FakeReplyHandle();
      adopted.push({ ...abandoned, reply });
      return reply;
    });
    await vi.waitFor(() => expect(adopted.filter(({ reply }) => reply.ended)).toHaveLength(count), WAIT);
    end();
    return adopted;
  };
  const entries = () => admin.hGetAll("cria:{web:local}:unanswered");

  it("hands over what it writes, what waits and what comes yet, and finishes none of it", async () => {
    const ending = await open();
    const { reply, sent } = await startWriting(ending);
    const waiting = new FakeReplyHandle();
    const sentNext = ending.core.handleMessage(testMessage("And then?"), starting(waiting));
    await vi.waitFor(() => expect(waiting.statuses).toHaveLength(1), WAIT);
    await ending.core.handOver();
    await Promise.all([sent, sentNext]);
    const late = vi.fn(starting(new FakeReplyHandle()));
    await ending.core.handleMessage(testMessage("Too late?"), late);
    expect([reply, waiting].map(({ isLeft, ended }) => ({ isLeft, ended }))).toEqual([
      { isLeft: true, ended: undefined },
      { isLeft: true, ended: undefined },
    ]);
    expect(late).not.toHaveBeenCalled();
    expect(await ending.store.keptReply(testConversation, reply.id)).toBeUndefined();
    const other = await open();
    const adopted = await adopt(other, 3);
    expect(adopted.map(({ message }) => message.text)).toEqual(["A story", "And then?", "Too late?"]);
    expect(adopted[0]).toMatchObject({
      replyId: reply.id,
      handle: "message 17",
      reply: { ended: { end: "complete" } },
    });
    await vi.waitFor(async () => expect(await entries()).toEqual({}), WAIT);
    expect(await other.store.rounds(testConversation)).toHaveLength(3);
  });

  it("finishes what was stopped, and leaves nothing where its memory is its own", async () => {
    const ending = await open();
    const { reply, sent } = await startWriting(ending);
    await ending.core.stopReply({ place: testPlace, author, replyId: reply.id });
    await ending.core.handOver();
    await sent;
    expect(reply.ended).toMatchObject({ end: "stopped", text: "Once" });
    expect(await entries()).toEqual({});
    const alone = createTestCore();
    await alone.core.handOver();
    expect((await alone.send("Hi")).ended).toMatchObject({ end: "complete" });
  });

  it.each([
    ["two processes died over", { deaths: 1 }, /restarted twice/],
    ["was asked long ago", { atMs: Date.now() - 11 * 60_000 }, /was away/],
  ])("leaves a message that %s to be told of instead of being tried again", async (_, fields, sentence) => {
    const dying = await open({ processTtlMs: 300 });
    const message = testMessage("Hi");
    await dying.store.claimEvent("web:local", message.eventId, { ...toUnanswered(message, "r1"), ...fields });
    await dying.store.close();
    const living = await open({ processTtlMs: 300 });
    const [adopted] = await adopt(living, 1);
    expect(adopted?.reply.ended).toMatchObject({ reason: expect.stringMatching(sentence) });
    expect(living.inference.requests).toEqual([]);
  });

  it("is not followed by one that does not serve its workspace", async () => {
    const ending = await open();
    const message = testMessage("Hi", { place: { ...testPlace, workspaceId: "T/1" } });
    await ending.store.claimEvent("web:T%2F1", message.eventId, toUnanswered(message, "r1"));
    await ending.store.release?.();
    const { store } = await open();
    expect(await store.takeAbandoned({ ...everywhere, serves: (id) => id !== "T/1" })).toEqual([]);
    expect(await store.takeAbandoned({ ...everywhere, serves: (id) => id === "T/1" })).toMatchObject([{ text: "Hi" }]);
    expect(await admin.zCard("cria:processes:web")).toBe(1);
  });

  it("is not followed by another account of the platform, which cannot write where it wrote", async () => {
    const ending = await open();
    const message = testMessage("Hi", { place: { ...testPlace, writer: "first" } });
    await ending.store.claimEvent("web:local", message.eventId, toUnanswered(message, "r1"));
    await ending.store.release?.();
    const { store } = await open();
    expect(await store.takeAbandoned(everywhere)).toEqual([]);
    expect(await store.takeAbandoned({ ...everywhere, writer: "second" })).toEqual([]);
    expect(await store.takeAbandoned({ ...everywhere, writer: "first" })).toMatchObject([{ text: "Hi" }]);
    expect(await admin.zCard("cria:processes:web:first")).toBe(1);
  });

  it("changes nothing of what another has taken", async () => {
    const ending = await open();
    const message = testMessage("Hi");
    const unanswered = toUnanswered(message, "r1");
    await ending.store.claimEvent("web:local", message.eventId, unanswered);
    expect(await ending.store.keepUnanswered("web:local", { ...unanswered, context: "A text." })).toBe(true);
    await ending.store.release?.();
    const { store } = await open();
    expect(await store.takeAbandoned(everywhere)).toMatchObject([{ context: "A text." }]);
    const taken = await entries();
    expect(await ending.store.keepUnanswered("web:local", unanswered)).toBe(false);
    await ending.store.forgetUnanswered("web:local", message.eventId);
    expect(await entries()).toEqual(taken);
  });

  it("and seemed dead for as long as a turn lasts tells its reply's reader so, or leaves it to who has taken it", async () => {
    const process = await open();
    const first = await startWriting(process);
    await admin.del("cria:{web:local:general}:queue");
    await first.sent;
    expect(first.reply.ended).toMatchObject({ reason: expect.stringMatching(/held up for so long/) });
    const second = await startWriting(process);
    const [[eventId = "", entry = ""] = []] = Object.entries(await entries());
    await admin.hSet("cria:{web:local}:unanswered", eventId, entry.replace(/"owner":"[^"]+"/, '"owner":"another"'));
    await admin.del("cria:{web:local:general}:queue");
    await second.sent;
    expect(second.reply).toMatchObject({ isLeft: true, ended: undefined });
    expect(Object.keys(await entries())).toEqual([eventId]);
  });

  it("goes on in order where Redis lost all that it kept, and others still follow it", async () => {
    const living = await open();
    const hold = createGate();
    const { reply, sent } = await startWriting(living, hold);
    living.inference.script({ chunks: ["Then it ended."] });
    const next = new FakeReplyHandle();
    const sentNext = living.core.handleMessage(testMessage("And then?"), starting(next));
    const queue = "cria:{web:local:general}:queue";
    await vi.waitFor(async () => expect(await admin.zCard(queue)).toBe(2), WAIT);
    for (const loss of ["a first time", "a second time"]) {
      await admin.flushAll();
      await vi.waitFor(async () => expect(Object.values(await entries()), loss).toHaveLength(2), WAIT);
      await vi.waitFor(async () => expect(await admin.zCard(queue), loss).toBe(2), WAIT);
    }
    expect(living.inference.requests).toHaveLength(1);
    hold.open();
    await Promise.all([sent, sentNext]);
    expect(reply.ended).toMatchObject({ end: "complete", text: "Once upon a time." });
    expect(next.ended).toMatchObject({ end: "complete", text: "Then it ended." });
    expect(await living.store.rounds(testConversation)).toMatchObject([{ user: "A story" }, { user: "And then?" }]);
    expect(await entries()).toEqual({});
  });

  it("is looked for without a look at what the living and the idle have", async () => {
    const living = await open();
    for (const workspace of ["a", "b", "c"]) {
      const message = testMessage("Hi", { place: { ...testPlace, workspaceId: workspace } });
      await living.store.claimEvent(`web:${workspace}`, message.eventId, toUnanswered(message, "r1"));
    }
    const { store } = await open();
    await admin.sendCommand(["CONFIG", "RESETSTAT"]);
    expect(await store.takeAbandoned(everywhere)).toEqual([]);
    const stats = String(await admin.sendCommand(["INFO", "commandstats"]));
    expect(stats).toContain("cmdstat_zrangebyscore:calls=1,");
    expect(stats).not.toMatch(/cmdstat_(hgetall|smembers|scan|keys)/);
  });
});

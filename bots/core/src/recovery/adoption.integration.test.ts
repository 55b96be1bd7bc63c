import { FinishReason } from "@cria/proto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { OPEN_ACCESS } from "../admission/access.ts";
import { type BotCoreOptions, createBotCore } from "../bot-core.ts";
import type { AbandonedReply } from "../port/bot.ts";
import { createRedisConversationStore } from "../redis/redis-conversation-store.ts";
import { describeOnRedis } from "../testing/describe-on-redis.contract.ts";
import { FakeInferenceClient } from "../testing/fake-inference-client.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { type RedisServer, startRedisServer } from "../testing/redis-server.ts";
import { starting, testMessage, testPlace } from "../testing/test-core.ts";
import { toUnanswered } from "./unanswered.ts";

const logger = pino({ level: "silent" });
const WAIT = { timeout: 30_000 };

describeOnRedis("what a dead process left", (program) => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer(program);
  });
  afterAll(() => server.close());

  const openProcess = async (options: Partial<BotCoreOptions> = {}) => {
    const times = { leaseMs: 300, processTtlMs: 600, turnsTtlMs: 60_000 };
    const store = await createRedisConversationStore({ url: server.url, logger, ...times });
    const inference = new FakeInferenceClient();
    return { store, inference, core: createBotCore({ store, inference, logger, ...options }) };
  };
  /** Each test has a platform of its own, so that none adopts what is another's. */
  const place = (platform: string) => ({ ...testPlace, platform });

  const at = (platform: string, serves = (_: string) => true) => ({ platform, serves });

  /** A process that dies while it writes a reply: its store closes, so it gives no sign of life any more. */
  async function dieWriting(platform: string) {
    const { store, inference, core } = await openProcess();
    const reply = new FakeReplyHandle();
    const isWriting = createGate();
    reply.onAppend = () => {
      reply.handle = "message 17";
      isWriting.open();
    };
    inference.script({ chunks: ["Once", " upon"], hold: createGate().opened });
    void core.handleMessage(testMessage("A story", { place: place(platform) }), starting(reply));
    await isWriting.opened;
    await vi.waitFor(async () => expect(JSON.stringify(await rawEntries(platform))).toContain("message 17"), WAIT);
    await store.close();
    return reply;
  }

  async function adopts(
    platform: string,
    reply: FakeReplyHandle,
    chunks: readonly string[],
    options: Partial<BotCoreOptions> = {},
  ) {
    const living = await openProcess(options);
    living.inference.script({ chunks });
    const adopted: AbandonedReply[] = [];
    const end = living.core.adoptReplies(at(platform), async (abandoned) => {
      adopted.push(abandoned);
      return reply;
    });
    await vi.waitFor(() => expect(reply.ended).toBeDefined(), WAIT);
    end();
    return { ...living, adopted };
  }

  async function rawEntries(platform: string) {
    const { createClient } = await import("redis");
    const client = await createClient({ url: server.url }).connect();
    const entries = await client.hGetAll(`cria:{${platform}:local}:unanswered`);
    client.destroy();
    return entries;
  }

  it.concurrent("is answered by exactly one of those who live, in the place of what it had begun", async () => {
    const dead = await dieWriting("adopted");
    const living = [await openProcess(), await openProcess()];
    const adopted: AbandonedReply[] = [];
    const reply = new FakeReplyHandle();
    const ends = living.map(({ core, inference }) => {
      inference.script({ chunks: ["Once upon a time."] });
      return core.adoptReplies(at("adopted"), async (abandoned) => {
        adopted.push(abandoned);
        return reply;
      });
    });
    await vi.waitFor(() => expect(reply.ended).toMatchObject({ text: "Once upon a time." }), WAIT);
    for (const end of ends) end();
    expect(adopted).toMatchObject([{ replyId: dead.id, handle: "message 17", message: { text: "A story" } }]);
    expect(await living[0]!.store.rounds("adopted:local:general")).toMatchObject([{ assistant: "Once upon a time." }]);
    await vi.waitFor(async () => expect(await rawEntries("adopted")).toEqual({}), WAIT);
    for (const { store } of living) await store.close();
  });

  it.concurrent.each([
    ["Regenerate", "regenerate", "", "Anew."],
    ["Continue", "continueReply", "Once", "Once upon."],
  ] as const)("by %s is answered by another, in the old round's place", async (_, press, begun, remembered) => {
    const dying = await openProcess();
    const pressed = { place: place(press), author: { id: "u1", name: "Ann" } };
    dying.inference.script(
      { chunks: ["Once"], finishReason: FinishReason.MAX_TOKENS },
      { chunks: ["half"], hold: createGate().opened },
    );
    const first = new FakeReplyHandle();
    await dying.core.handleMessage(testMessage("A story", { place: pressed.place }), starting(first));
    const second = new FakeReplyHandle();
    const isWriting = createGate();
    second.onAppend = isWriting.open;
    second.handle = "message 18";
    void dying.core[press]({ ...pressed, replyId: first.id }, starting(second));
    await isWriting.opened;
    await vi.waitFor(async () => expect(JSON.stringify(await rawEntries(press))).toContain("message 18"), WAIT);
    await dying.store.close();

    const reply = new FakeReplyHandle();
    const { store, adopted } = await adopts(press, reply, [press === "regenerate" ? "Anew." : " upon."]);
    expect(adopted).toMatchObject([{ replyId: second.id, handle: "message 18", begun, message: { text: "A story" } }]);
    expect(await store.rounds(`${press}:local:general`)).toMatchObject([{ user: "A story", assistant: remembered }]);
    await vi.waitFor(async () => expect(await rawEntries(press)).toEqual({}), WAIT);
    await store.close();
  });

  it.concurrent("of a comparison is answered by another, each half by its model", async () => {
    const dying = await openProcess();
    const halves = [new FakeReplyHandle(), new FakeReplyHandle()];
    dying.inference.script({ chunks: ["a"], hold: createGate().opened }, { chunks: ["b"], hold: createGate().opened });
    const command = { type: "compare", models: ["fake", "fake"], text: "A story" } as const;
    const asked = { eventId: "e1", place: place("compared"), author: { id: "u1", name: "Ann" }, command };
    const waiting = [...halves];
    void dying.core.compare(asked, async () =>
      Object.assign(waiting.shift()!, { handle: `message ${waiting.length}` }),
    );
    await vi.waitFor(() => expect(halves.map(({ text }) => text)).toEqual(["**fake**\n\na", "**fake**\n\nb"]), WAIT);
    await vi.waitFor(async () => expect(JSON.stringify(await rawEntries("compared"))).toContain("message 0"), WAIT);
    await dying.store.close();

    const living = await openProcess();
    const replies: FakeReplyHandle[] = [];
    const end = living.core.adoptReplies(at("compared"), async ({ handle }) => {
      replies.push(Object.assign(new FakeReplyHandle(), { handle }));
      return replies.at(-1)!;
    });
    await vi.waitFor(() => expect(replies.filter(({ ended }) => ended)).toHaveLength(2), WAIT);
    end();
    expect(replies.map(({ handle }) => handle).sort()).toEqual(["message 0", "message 1"]);
    expect(replies.map(({ text }) => text)).toEqual(["**fake**\n\nA story", "**fake**\n\nA story"]);
    await vi.waitFor(async () => expect(await rawEntries("compared")).toEqual({}), WAIT);
    await living.store.close();
  });

  it.concurrent("is answered as it was edited, and once in memory though its round was remembered already", async () => {
    const dying = await openProcess();
    const where = place("edited");
    const question = testMessage("A story", { place: where, messageId: "m1" });
    dying.inference.script(
      { chunks: ["Once"], hold: createGate().opened },
      { chunks: ["Twice"], hold: createGate().opened },
    );
    const first = new FakeReplyHandle();
    void dying.core.handleMessage(question, starting(first));
    await vi.waitFor(() => expect(first.text).toBe("Once"), WAIT);
    await dying.core.handleEdit({ place: where, messageId: "m1", text: "A tale" });
    await vi.waitFor(() => expect(first.text).toBe("Twice"), WAIT);
    await vi.waitFor(async () => expect(JSON.stringify(await rawEntries("edited"))).toContain("A tale"), WAIT);
    const round = { id: first.id, author: "Ann", user: "A tale", assistant: "Twice", atMs: 0 };
    await dying.store.appendRound("edited:local:general", round, 6);
    await dying.store.close();

    const reply = new FakeReplyHandle();
    const { store, inference } = await adopts("edited", reply, ["Thrice."]);
    expect(JSON.stringify(inference.requests[0]?.prompt)).not.toContain("Twice");
    expect(await store.rounds("edited:local:general")).toMatchObject([{ user: "A tale", assistant: "Thrice." }]);
    await store.close();
  });

  it.concurrent("is not counted again where it was counted", async () => {
    await dieWriting("counted");
    const quotaLimits = { userMessagesPerMinute: 1 };
    const { core, store } = await adopts("counted", new FakeReplyHandle(), ["Once."], { quotaLimits });
    const next = new FakeReplyHandle();
    await core.handleMessage(testMessage("And then?", { place: place("counted") }), starting(next));
    expect(next.ended).toMatchObject({ type: "finished" });
    await store.close();
  });

  it.concurrent("before it was let in is let in and counted by the next, which says nothing to whom others meant", async () => {
    const ending = await openProcess();
    await ending.core.handOver();
    const [ann, bob] = ["Ann", "Bob"].map((name) => ({ place: place("late"), author: { id: name, name } }));
    for (const fields of [bob, ann]) {
      const message = testMessage(`By ${fields!.author.name}`, { ...fields, isOverheard: true });
      await ending.core.handleMessage(message, starting(new FakeReplyHandle()));
    }
    await ending.store.close();
    const access = { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: ["Bob"] } };
    const next = await openProcess({ access, quotaLimits: { userMessagesPerMinute: 1 } });
    const begun: string[] = [];
    const end = next.core.adoptReplies(at("late"), async ({ message }) => {
      begun.push(message.text);
      return new FakeReplyHandle();
    });
    await vi.waitFor(async () => expect(await rawEntries("late")).toEqual({}), WAIT);
    end();
    expect(begun).toEqual(["By Ann"]);
    const second = new FakeReplyHandle();
    await next.core.handleMessage(testMessage("Once more", ann), starting(second));
    expect(second.ended).toMatchObject({ reason: expect.stringMatching(/^You have sent 1 message in a minute/) });
    await next.store.close();
  });

  it.concurrent("is not taken from a process that lives", async () => {
    const holder = await openProcess();
    const other = await openProcess();
    const message = testMessage("Hi", { place: place("held") });
    await holder.store.claimEvent("held:local", message.eventId, toUnanswered(message, "r1"));
    const looks = Array.from({ length: 10 }, () => other.store.takeAbandoned(at("held")));
    expect((await Promise.all(looks)).flat()).toEqual([]);
    expect(await holder.store.takeAbandoned(at("held"))).toEqual([]);
    await holder.store.forgetUnanswered("held:local", message.eventId);
    await holder.store.keepUnanswered("held:local", toUnanswered(message, "r1"));
    expect(await rawEntries("held")).toEqual({});
    await Promise.all([holder.store.close(), other.store.close()]);
  });

  it.concurrent("is told that its files are lost where they had not been read", async () => {
    const dying = await openProcess();
    const load = async () => new Uint8Array();
    const attachments = [{ name: "a.txt", mimeType: "text/plain", sizeBytes: 1, load }];
    const message = testMessage("Sum up", { place: place("files"), attachments });
    await dying.store.claimEvent("files:local", message.eventId, toUnanswered(message, "r1"));
    await dying.store.close();
    const living = await openProcess();
    const reply = new FakeReplyHandle();
    const end = living.core.adoptReplies(at("files"), async () => reply);
    await vi.waitFor(
      async () =>
        expect(await reply.ended).toMatchObject({
          reason: "I was restarted before I had read your files. Send them again, please.",
        }),
      WAIT,
    );
    end();
    await living.store.close();
  });

  it.concurrent("of a reply that another process writes can be stopped by any", async () => {
    const writer = await openProcess();
    const other = await openProcess();
    writer.inference.script({ chunks: ["Once"], hold: createGate().opened });
    const reply = new FakeReplyHandle();
    const isWriting = createGate();
    reply.onAppend = isWriting.open;
    const sent = writer.core.handleMessage(testMessage("A story", { place: place("stopped") }), starting(reply));
    await isWriting.opened;
    const action = { place: place("stopped"), author: { id: "u1", name: "Ann" }, replyId: reply.id };
    // A subscription takes a moment to be there.
    await vi.waitFor(
      async () => expect(await ((await other.core.stopReply(action)) ?? reply.ended?.type)).toBe("finished"),
      WAIT,
    );
    await sent;
    expect(reply.ended).toMatchObject({ end: "stopped", text: "Once" });
    await Promise.all([writer.store.close(), other.store.close()]);
  });
});

import {
  type BotCoreOptions,
  createBotCore,
  createMemoryConversationStore,
  MAX_MESSAGE_LENGTH,
  OPEN_ACCESS,
} from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createCoreBot } from "../core-bot.ts";
import { TEST_MODELS } from "../testing/test-models.ts";
import { BOT, type ChatMessage, isLive, type ServerEvent } from "../wire.ts";
import { directChannelOf, MAX_CHANNELS } from "./channel-names.ts";
import { ChatRooms } from "./chat-rooms.ts";
import { EventFeed } from "./event-feed.ts";
import { createMemoryTimelineStore } from "./memory-timeline-store.ts";
import { MAX_LIVE_REPLIES } from "./replies.ts";
import type { TimelineStore } from "./timeline-store.ts";

const ada = { id: "ada", name: "Ada" };
const ben = { id: "ben", name: "Ben" };
const direct = directChannelOf(ada.id);
const NEVER = new Promise<void>(() => undefined);

let inference: FakeInferenceClient;
let feed: EventFeed;
let store: TimelineStore;
let rooms: ChatRooms;
let numMessages = 0;

beforeEach(async () => {
  inference = new FakeInferenceClient(TEST_MODELS);
  feed = new EventFeed("run");
  store = createMemoryTimelineStore();
  rooms = await openRooms();
});

async function openRooms(options: Partial<BotCoreOptions> = {}): Promise<ChatRooms> {
  const logger = pino({ level: "silent" });
  const memory = createMemoryConversationStore({ turnsTtlMs: 60_000 });
  const core = createBotCore({ store: memory, inference, logger, ...options });
  const bot = createCoreBot({ core, store: memory, inference });
  return await ChatRooms.open({ bot, store, feed, logger, now: Date.now });
}

const post = (person: typeof ada, channelId: string, text: string) =>
  rooms.post(person, channelId, { id: `message-${++numMessages}`, text });
/** Changes what Ada wrote in #general. */
const edit = async (text: string, newText: string) => {
  const { id } = (await messages("general")).findLast((message) => message.text === text)!;
  await rooms.edit(ada, "general", { id, text: newText });
};
const messages = async (channelId: string, person = ada) => (await rooms.snapshot(person, channelId)).messages;

/** Resolves at the first event that satisfies the predicate. */
function eventually(predicate: (event: ServerEvent) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = feed.subscribe(ada.id, ({ event }) => {
      if (!predicate(event)) return;
      stop();
      resolve();
    });
  });
}

const replyEnds = () =>
  eventually((event) => event.type === "state" && (event.state.type === "ended" || event.state.type === "failed"));
const botSpeaks = () => eventually((event) => event.type === "message" && event.message.author.id === BOT.id);
const headChanges = () => eventually((event) => event.type === "head");

describe("ChatRooms", () => {
  it("answers anything in a direct message", async () => {
    inference.script({ chunks: ["A loyal ", "animal."] });
    const ended = replyEnds();
    await post(ada, direct, "What is a dog?");
    await ended;
    const [question, reply] = (await messages(direct)) as [ChatMessage, ChatMessage];
    expect(question).toMatchObject({ author: ada, text: "What is a dog?" });
    expect(reply).toMatchObject({
      author: BOT,
      text: "A loyal animal.",
      answers: { messageId: question.id, authorName: "Ada" },
      state: { type: "ended", end: "complete" },
    });
  });

  it("answers a mention in a channel, without the mention", async () => {
    const ended = replyEnds();
    await post(ada, "general", "@Cria what is a dog?");
    await ended;
    expect(inference.requests[0]?.prompt.at(-1)?.text).toContain("what is a dog?");
    expect(inference.requests[0]?.prompt.map(({ text }) => text).join("")).not.toContain("@Cria");
  });

  it("stays silent in a channel where nobody mentions it", async () => {
    await post(ada, "general", "What is a dog, Ben?");
    expect(await messages("general")).toHaveLength(1);
    expect(inference.requests).toEqual([]);
  });

  it.each(["/help", "@cria /help"])("answers the command %j in a channel", async (text) => {
    const spoken = botSpeaks();
    await post(ada, "general", text);
    await spoken;
    const answer = (await messages("general")).at(-1);
    expect(answer?.text).toContain("/model");
    expect(answer?.state).toBeUndefined();
  });

  it("names near matches of a wrong command", async () => {
    const spoken = botSpeaks();
    await post(ada, "general", "/modle smollm2-135m");
    await spoken;
    expect((await messages("general")).at(-1)?.text).toContain("`/model`");
  });

  it("tells the head of a channel once the model is switched", async () => {
    const changed = headChanges();
    await post(ada, "general", "/model smollm2-135m-few-shot");
    await changed;
    expect((await rooms.snapshot(ben, "general")).head.model).toBe("smollm2-135m-few-shot");
    expect((await rooms.snapshot(ben, "random")).head.model).toBe("smollm2-135m");
  });

  it("switches the model from the picker and says so", async () => {
    await rooms.setModel(ada, "general", "smollm2-135m-few-shot");
    expect((await messages("general")).at(-1)?.text).toContain("smollm2-135m-few-shot");
    await rooms.setModel(ada, "general", "tiny-broken");
    expect((await messages("general")).at(-1)?.text).toContain("tokenizer.json is missing");
    expect((await rooms.snapshot(ada, "general")).head.model).toBe("smollm2-135m-few-shot");
  });

  it("counts the remembered rounds", async () => {
    const changed = headChanges();
    await post(ada, direct, "hello");
    await changed;
    expect((await rooms.snapshot(ada, direct)).head.rememberedRounds).toBe(1);
  });

  it("posts a message once that is sent twice", async () => {
    const message = { id: "message-same", text: "hello" };
    await rooms.post(ada, "general", message);
    await rooms.post(ada, "general", message);
    expect(await messages("general")).toHaveLength(1);
  });

  it("stops a reply and keeps what was written", async () => {
    inference.script({ chunks: ["A loyal"], hold: NEVER });
    const streams = eventually((event) => event.type === "append");
    await post(ada, direct, "What is a dog?");
    await streams;
    const ended = replyEnds();
    const reply = (await messages(direct)).at(-1)!;
    await rooms.stop(ada, direct, reply.id);
    await ended;
    expect((await messages(direct)).at(-1)).toMatchObject({
      text: "A loyal",
      state: { type: "ended", end: "stopped", stoppedBy: ada },
    });
  });

  it("stops a reply as soon as it is seen", async () => {
    inference.script({ chunks: ["A loyal"], hold: NEVER });
    const ended = replyEnds();
    await post(ada, direct, "What is a dog?");
    const reply = (await messages(direct)).at(-1)!;
    await rooms.stop(ada, direct, reply.id);
    await ended;
    expect((await messages(direct)).at(-1)?.state).toMatchObject({ type: "ended", end: "stopped", stoppedBy: ada });
  });

  it("lets nobody stop a reply who may not talk to the bot, and names the one who does", async () => {
    rooms = await openRooms({ access: { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: [ben.id] } } });
    inference.script({ chunks: ["A loyal"], hold: NEVER });
    const streams = eventually((event) => event.type === "append");
    await post(ada, "general", "@cria what is a dog?");
    await streams;
    const reply = (await messages("general")).at(-1)!;
    await expect(rooms.stop(ben, "general", reply.id)).rejects.toThrow("not on the list");
    expect((await messages("general")).at(-1)?.state).toEqual({ type: "streaming" });
    const ended = replyEnds();
    await rooms.stop({ ...ada, isAdmin: true }, "general", reply.id);
    await ended;
    expect((await messages("general")).at(-1)?.state).toEqual({ type: "ended", end: "stopped", stoppedBy: ada });
  });

  it("keeps what was written when a reply fails, and answers the same question on Retry", async () => {
    inference.script({ chunks: ["A loyal"], failure: new Error("gone") }, { chunks: ["A loyal animal."] });
    const failed = replyEnds();
    await post(ada, direct, "What is a dog?");
    await failed;
    const [question, reply] = (await messages(direct)) as [ChatMessage, ChatMessage];
    expect(reply).toMatchObject({ text: "A loyal", state: { type: "failed" } });
    const ended = replyEnds();
    await rooms.retry(ada, direct, reply.id);
    await ended;
    expect((await messages(direct)).at(-1)).toMatchObject({
      text: "A loyal animal.",
      answers: { messageId: question.id },
    });
    await expect(rooms.retry(ada, direct, question.id)).rejects.toThrow("Only a reply that failed");
    const state = { type: "failed", reason: "You may not.", isFinal: true } as const;
    await store.put("general", { id: "refused", atMs: 2, author: BOT, text: "", state });
    await expect(rooms.retry(ben, "general", "refused")).rejects.toThrow("fail again in the same way");
  });

  it("leaves a reply that a restart cut off, and its question, to who takes it up", async () => {
    const answers = { messageId: "question", authorName: "Ada" };
    await store.put(direct, { id: "question", atMs: 1, author: ada, text: "A story" });
    await store.put(direct, { id: "reply", atMs: 2, author: BOT, text: "Once", answers, state: { type: "streaming" } });
    await expect(rooms.retry(ada, direct, "reply")).rejects.toThrow("Only a reply that failed");
    await expect(rooms.edit(ada, direct, { id: "question", text: "A fable" })).rejects.toThrow("taken up again");
    expect((await messages(direct)).map(({ text }) => text)).toEqual(["A story", "Once"]);
  });

  it("tells everyone when the service goes and comes back", async () => {
    const seen: boolean[] = [];
    feed.subscribe("ada", ({ event }) => event.type === "service" && seen.push(event.isServing));
    inference.setServing(false);
    inference.setServing(false);
    inference.setServing(true);
    expect(seen).toEqual([false, true]);
    expect(rooms.isServing).toBe(true);
  });

  it("adds channels, for everyone and beyond a restart", async () => {
    expect(await rooms.addChannel("Herd News")).toBe("herd-news");
    await expect(rooms.addChannel("#herd-news")).rejects.toThrow("There is a channel #herd-news already.");
    await rooms.close();
    expect((await openRooms()).channels()).toEqual(["general", "random", "herd-news"]);
  });

  it("tells nobody of a channel that could not be stored", async () => {
    const events: ServerEvent[] = [];
    feed.subscribe(ada.id, ({ event }) => events.push(event));
    vi.spyOn(store, "addChannel").mockRejectedValueOnce(new Error("away"));
    await expect(rooms.addChannel("herd")).rejects.toThrow("away");
    expect([rooms.channels(), events]).toEqual([["general", "random"], []]);
    expect(await rooms.addChannel("herd")).toBe("herd");
    expect(events).toEqual([{ type: "channels", channels: ["general", "random", "herd"] }]);
  });

  it("adds a channel once that two people add at once", async () => {
    const added = await Promise.allSettled([rooms.addChannel("herd"), rooms.addChannel("herd")]);
    expect(added.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(rooms.channels()).toEqual(["general", "random", "herd"]);
  });

  it("has a bound on channels", async () => {
    for (let count = rooms.channels().length; count < MAX_CHANNELS; count++) await rooms.addChannel(`channel-${count}`);
    await expect(rooms.addChannel("one-more")).rejects.toThrow("50 channels");
  });

  it("lets nobody into another's direct message, or where there is nothing", async () => {
    await expect(post(ben, direct, "hello")).rejects.toThrow("This is the direct message of somebody else.");
    await expect(rooms.snapshot(ben, direct)).rejects.toThrow("This is the direct message of somebody else.");
    await expect(post(ada, "nowhere", "hello")).rejects.toThrow("There is no channel #nowhere.");
  });

  it("refuses empty and overlong messages with the figures", async () => {
    await expect(post(ada, direct, " \n ")).rejects.toThrow("The message is empty.");
    await expect(post(ada, direct, "x".repeat(MAX_MESSAGE_LENGTH + 1))).rejects.toThrow(
      "The message has 32,001 characters; at most 32,000 are allowed.",
    );
  });

  it("has a bound on the replies under way in a channel, which holds up nothing else there", async () => {
    inference.script(...Array.from({ length: MAX_LIVE_REPLIES }, () => ({ hold: NEVER })));
    for (let count = 0; count < MAX_LIVE_REPLIES; count++) await post(ada, "general", "@cria hello");
    await expect(post(ada, "general", "@cria hello")).rejects.toThrow("20 replies are under way");
    await post(ada, "general", "Ben, wait until it is done");
    await post(ada, "general", "/help");
    await expect(edit("Ben, wait until it is done", "Ben, wait until they are done")).resolves.toBeUndefined();
    await expect(edit("Ben, wait until they are done", "@cria hello")).rejects.toThrow("20 replies are under way");
    await rooms.close();
    const states = (await messages("general")).map(({ state }) => state?.type).filter(Boolean);
    expect(new Set(states)).toEqual(new Set(["ended"]));
  });

  it("answers a message anew that is changed under way, however many replies are", async () => {
    inference.script(...Array.from({ length: MAX_LIVE_REPLIES }, () => ({ hold: NEVER })), { chunks: ["Hello."] });
    for (let count = 1; count <= MAX_LIVE_REPLIES; count++) await post(ada, "general", `@cria hello ${count}`);
    await edit("@cria hello 20", "@cria good morning");
    const live = (await messages("general")).filter(({ state }) => isLive(state));
    expect(live).toHaveLength(MAX_LIVE_REPLIES);
    expect(live.at(-1)?.answers?.messageId).toBe((await messages("general")).findLast(({ isEdited }) => isEdited)?.id);
    await rooms.close();
  });

  it("keeps the reply to a message that is changed to be for others", async () => {
    inference.script({ chunks: ["A loyal animal."] });
    const ended = replyEnds();
    await post(ada, "general", "@cria what is a dog?");
    await ended;
    await edit("@cria what is a dog?", "Ben, what is a dog?");
    expect(inference.requests).toHaveLength(1);
    expect((await messages("general")).map(({ text }) => text)).toEqual(["Ben, what is a dog?", "A loyal animal."]);
  });
});

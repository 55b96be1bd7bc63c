import { setImmediate } from "node:timers/promises";
import { OPEN_ACCESS, type Reply } from "@cria/bot-core";
import { createGate } from "@cria/bot-core/testing";
import { pino } from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import type { Bot } from "../bot.ts";
import { placeOf } from "../rooms/channel-names.ts";
import { NEVER } from "../testing/chunk-source.ts";
import { ADA, BEN, TestRooms } from "../testing/test-rooms.ts";
import { Timeline } from "../timeline/timeline.ts";
import { BOT, type ChatMessage, isLive } from "../wire.ts";
import { MAX_LIVE_REPLIES, Replies } from "./replies.ts";

let on: TestRooms;
beforeEach(async () => {
  on = await TestRooms.open();
});

describe("replies", () => {
  it("stops a reply and keeps what was written", async () => {
    on.inference.script({ chunks: ["A loyal"], hold: NEVER });
    const streams = on.eventually((event) => event.type === "append");
    await on.post(ADA, on.direct, "What is a dog?");
    await streams;
    const ended = on.replyEnds();
    const reply = (await on.messages(on.direct)).at(-1)!;
    await on.rooms.stop(ADA, on.direct, reply.id);
    await ended;
    expect((await on.messages(on.direct)).at(-1)).toMatchObject({
      text: "A loyal",
      state: { type: "ended", end: "stopped", stoppedBy: ADA },
    });
  });

  it("stops a reply as soon as it is seen", async () => {
    on.inference.script({ chunks: ["A loyal"], hold: NEVER });
    const ended = on.replyEnds();
    await on.post(ADA, on.direct, "What is a dog?");
    const reply = (await on.messages(on.direct)).at(-1)!;
    await on.rooms.stop(ADA, on.direct, reply.id);
    await ended;
    expect((await on.messages(on.direct)).at(-1)?.state).toMatchObject({
      type: "ended",
      end: "stopped",
      stoppedBy: ADA,
    });
  });

  it.each([
    ["dm:ada", "stop"],
    ["general", "@cria stop."],
  ])("stops what is being written in %j at the word %j", async (channelId, word) => {
    on.inference.script({ chunks: ["A loyal"], hold: NEVER });
    const streams = on.eventually((event) => event.type === "append");
    await on.post(ADA, channelId, "@cria What is a dog?");
    await streams;
    const ended = on.replyEnds();
    await on.post(ADA, channelId, word);
    await ended;
    const written = await on.messages(channelId);
    expect(written.map(({ text }) => text)).toEqual(["@cria What is a dog?", "A loyal", word]);
    expect(written[1]?.state).toMatchObject({ type: "ended", end: "stopped", stoppedBy: ADA });
    const spoken = on.botSpeaks();
    await on.post(ADA, channelId, word);
    await spoken;
    expect((await on.messages(channelId)).at(-1)?.text).toBe("Nothing is being written here.");
    expect(on.inference.requests).toHaveLength(1);
  });

  it("tells who may not talk to the bot so once in a while in a channel, and always in a chat", async () => {
    await on.reopen({ access: { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: [BEN.id] } } });
    const said = ["/help", "/model smollm2-135m", "/compare", "/nonsense", "@cria stop"];
    for (const text of said) {
      const answered = on.headChanges();
      await on.post(BEN, "general", text);
      await answered;
    }
    expect(await on.texts("general")).toEqual([said[0], expect.stringContaining("not on the list"), ...said.slice(1)]);
    for (const text of ["/help", "stop"]) {
      const spoken = on.eventually((event) => event.type === "head", BEN);
      await on.post(BEN, "dm:ben", text);
      await spoken;
    }
    const refusal = expect.stringContaining("not on the list");
    expect((await on.messages("dm:ben", BEN)).map(({ text }) => text)).toEqual(["/help", refusal, "stop", refusal]);
  });

  it("takes a path for a question", async () => {
    on.inference.script({ chunks: ["It lacks a line."] });
    const ended = on.replyEnds();
    await on.post(ADA, "general", "@cria /etc/hosts looks wrong, why?");
    await ended;
    expect((await on.messages("general")).at(-1)?.text).toBe("It lacks a line.");
  });

  it("lets nobody stop a reply who may not talk to the bot, and names the one who does", async () => {
    await on.reopen({ access: { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: [BEN.id] } } });
    on.inference.script({ chunks: ["A loyal"], hold: NEVER });
    const streams = on.eventually((event) => event.type === "append");
    await on.post(ADA, "general", "@cria what is a dog?");
    await streams;
    const reply = (await on.messages("general")).at(-1)!;
    await expect(on.rooms.stop(BEN, "general", reply.id)).rejects.toThrow("not on the list");
    expect((await on.messages("general")).at(-1)?.state).toEqual({ type: "streaming" });
    const ended = on.replyEnds();
    await on.rooms.stop({ ...ADA, isAdmin: true }, "general", reply.id);
    await ended;
    expect((await on.messages("general")).at(-1)?.state).toEqual({ type: "ended", end: "stopped", stoppedBy: ADA });
  });

  it("keeps what was written when a reply fails, and answers the same question on Retry", async () => {
    on.inference.script({ chunks: ["A loyal"], failure: new Error("gone") }, { chunks: ["A loyal animal."] });
    const failed = on.replyEnds();
    await on.post(ADA, on.direct, "What is a dog?");
    await failed;
    const [question, reply] = (await on.messages(on.direct)) as [ChatMessage, ChatMessage];
    expect(reply).toMatchObject({ text: "A loyal", state: { type: "failed" } });
    const ended = on.replyEnds();
    await on.rooms.retry(ADA, on.direct, reply.id);
    await ended;
    expect((await on.messages(on.direct)).at(-1)).toMatchObject({
      text: "A loyal animal.",
      answers: { messageId: question.id },
    });
    await expect(on.rooms.retry(ADA, on.direct, question.id)).rejects.toThrow("Only a reply that failed");
    await expect(on.rooms.retry(ADA, on.direct, "forgotten")).rejects.toThrow("This reply is no longer kept.");
    const state = { type: "failed", reason: "You may not.", isFinal: true } as const;
    await on.store.put("general", { id: "refused", atMs: 2, author: BOT, text: "", state });
    await expect(on.rooms.retry(BEN, "general", "refused")).rejects.toThrow("fail again in the same way");
  });

  it("leaves a reply that a restart cut off, and its question, to who takes it up", async () => {
    const answers = { messageId: "question", authorName: "Ada" };
    await on.store.put(on.direct, { id: "question", atMs: 1, author: ADA, text: "A story" });
    await on.store.put(on.direct, {
      id: "reply",
      atMs: 2,
      author: BOT,
      text: "Once",
      answers,
      state: { type: "streaming" },
    });
    await expect(on.rooms.retry(ADA, on.direct, "reply")).rejects.toThrow("Only a reply that failed");
    await expect(on.rooms.edit(ADA, on.direct, { id: "question", text: "A fable" })).rejects.toThrow("taken up again");
    expect((await on.messages(on.direct)).map(({ text }) => text)).toEqual(["A story", "Once"]);
  });

  it("has a bound on the replies under way in a channel, which holds up nothing else there", async () => {
    on.inference.script(...Array.from({ length: MAX_LIVE_REPLIES }, () => ({ hold: NEVER })));
    for (let count = 0; count < MAX_LIVE_REPLIES; count++) await on.post(ADA, "general", "@cria hello");
    await expect(on.post(ADA, "general", "@cria hello")).rejects.toThrow("20 replies are under way");
    await on.post(ADA, "general", "Ben, wait until it is done");
    await on.post(ADA, "general", "/help");
    await expect(on.edit("Ben, wait until it is done", "Ben, wait until they are done")).resolves.toBeUndefined();
    await expect(on.edit("Ben, wait until they are done", "@cria hello")).rejects.toThrow("20 replies are under way");
    await on.rooms.close();
    const states = (await on.messages("general")).map(({ state }) => state?.type).filter(Boolean);
    expect(new Set(states)).toEqual(new Set(["ended"]));
  });

  it("answers a message anew that is changed under way, however many replies are", async () => {
    on.inference.script(...Array.from({ length: MAX_LIVE_REPLIES }, () => ({ hold: NEVER })), { chunks: ["Hello."] });
    for (let count = 1; count <= MAX_LIVE_REPLIES; count++) await on.post(ADA, "general", `@cria hello ${count}`);
    await on.edit("@cria hello 20", "@cria good morning");
    const live = (await on.messages("general")).filter(({ state }) => isLive(state));
    expect(live).toHaveLength(MAX_LIVE_REPLIES);
    expect(live.at(-1)?.answers?.messageId).toBe(
      (await on.messages("general")).findLast(({ isEdited }) => isEdited)?.id,
    );
    await on.rooms.close();
  });

  it("answers once a message that is changed to be for the bot", async () => {
    on.inference.script({ chunks: ["A loyal animal."] }, { chunks: ["A small one."] });
    await on.post(ADA, "general", "what is a dog?");
    const ended = on.replyEnds();
    await on.edit("what is a dog?", "@cria what is a dog?");
    await ended;
    expect(await on.texts("general")).toEqual(["@cria what is a dog?", "A loyal animal."]);
    const endedAgain = on.replyEnds();
    await on.edit("@cria what is a dog?", "@cria what is a puppy?");
    await endedAgain;
    expect(await on.texts("general")).toEqual(["@cria what is a puppy?", "A small one."]);
    expect(on.inference.requests).toHaveLength(2);
  });

  it("forgets the reply to a message that is changed to be for others, and answers it when it is asked again", async () => {
    on.inference.script({ chunks: ["A loyal animal."] }, { chunks: ["A small one."] });
    const remembered = on.headChanges();
    await on.post(ADA, "general", "@cria what is a dog?");
    await remembered;
    await on.edit("@cria what is a dog?", "Ben, what is a dog?");
    expect(await on.texts("general")).toEqual(["Ben, what is a dog?"]);
    expect((await on.rooms.snapshot(ADA, "general")).head.rememberedRounds).toBe(0);
    const ended = on.replyEnds();
    await on.edit("Ben, what is a dog?", "@cria what is a puppy?");
    await ended;
    expect(await on.texts("general")).toEqual(["@cria what is a puppy?", "A small one."]);
  });

  it("shows but the newest answer to a message that is changed into a command, and back", async () => {
    const compared = { chunks: ["A"], hold: NEVER };
    on.inference.script({ chunks: ["A loyal animal."] }, compared, compared, { chunks: ["A small one."] });
    const remembered = on.headChanges();
    await on.post(ADA, "general", "@cria what is a dog?");
    await remembered;
    // A comparison speaks twice: the last one heard may be its second answer.
    const isReset = on.eventually(
      (event) => event.type === "message" && event.message.text.includes("nothing to forget"),
    );
    for (const [before, after] of [
      ["@cria what is a dog?", "/help"],
      ["/help", "/status"],
      ["/status", "/compare smollm2-135m smollm2-135m-few-shot what is a dog?"],
      ["/compare smollm2-135m smollm2-135m-few-shot what is a dog?", "/reset"],
    ] as const) {
      const spoken = on.botSpeaks();
      await on.edit(before, after);
      await spoken;
    }
    await isReset;
    expect(await on.texts("general")).toEqual(["/reset", expect.stringContaining("nothing to forget")]);
    const ended = on.replyEnds();
    await on.edit("/reset", "@cria what is a puppy?");
    await ended;
    expect(await on.texts("general")).toEqual(["@cria what is a puppy?", "A small one."]);
  });

  it("answers a press whose question goes before the reply begins", async () => {
    let counted = Promise.resolve();
    const quotas = {
      countMessages: () => counted.then(() => undefined),
      uncountMessages: async () => undefined,
      countTokens: async () => undefined,
    };
    await on.reopen({ quotas, quotaLimits: { userMessagesPerMinute: 1 } });
    on.inference.script({ chunks: ["A loyal animal."] });
    const remembered = on.headChanges();
    await on.post(ADA, "general", "@cria what is a dog?");
    await remembered;
    const counting = createGate();
    counted = counting.opened;
    const pressed = on.rooms.again(BEN, "general", (await on.messages("general")).at(-1)!.id, "regenerate");
    await setImmediate();
    const edited = on.edit("@cria what is a dog?", "Ben, what is a dog?");
    await setImmediate();
    counting.open();
    await Promise.all([pressed, edited]);
    expect(await on.texts("general")).toEqual(["Ben, what is a dog?"]);
    expect(on.inference.requests).toHaveLength(1);
  });

  it("says of a reply that it failed here, although another server went on with it before", async () => {
    const timeline = await Timeline.open({ ...on, channelId: "general", logger: pino({ level: "silent" }) });
    type Start = (replyId: string) => Promise<Reply>;
    const answer = async (_: unknown, startReply: Start) => (await startReply("left")).leave?.();
    const bot = {
      head: async () => ({ rememberedRounds: 0, wantsFeedback: false }),
      receive: (_: unknown, work: (claimed: object) => Promise<void>) => work({ answer }),
      regenerate: async (_: unknown, startReply: Start) => void (await startReply("broken")),
    } as unknown as Bot;
    const replies = new Replies({ bot, feed: on.feed, workspaceName: "Alpaca Club", now: Date.now });
    const place = placeOf("general");
    const message = timeline.post({ id: "question", author: ADA, text: "@cria hello" }, 1);
    replies.answer({ timeline, place, message, author: ADA });
    await replies.end();
    const reply = timeline.replyTo("question")!;
    expect(isLive(reply.state)).toBe(true);
    timeline.setState(reply.id, { type: "ended", end: "complete" }, "Hello.");
    await replies.again("regenerate", { timeline, place, reply, person: ADA });
    await replies.end();
    expect(timeline.message(reply.id)).toMatchObject({ replyId: "broken", state: { type: "failed" } });
  });
});

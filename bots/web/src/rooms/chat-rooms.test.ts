import { setImmediate } from "node:timers/promises";
import { MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { createGate } from "@cria/bot-core/testing";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ADA, BEN, TestRooms } from "../testing/test-rooms.ts";
import { BOT, type ChatMessage, type ServerEvent } from "../wire.ts";
import { MAX_CHANNELS } from "./channel-names.ts";

let on: TestRooms;
beforeEach(async () => {
  on = await TestRooms.open();
});

describe("ChatRooms", () => {
  it("answers anything in a direct message", async () => {
    on.inference.script({ chunks: ["A loyal ", "animal."] });
    const ended = on.replyEnds();
    await on.post(ADA, on.direct, "What is a dog?");
    await ended;
    const [question, reply] = (await on.messages(on.direct)) as [ChatMessage, ChatMessage];
    expect(question).toMatchObject({ author: ADA, text: "What is a dog?" });
    expect(reply).toMatchObject({
      author: BOT,
      text: "A loyal animal.",
      answers: { messageId: question.id, authorName: "Ada" },
      state: { type: "ended", end: "complete" },
    });
  });

  it("answers a mention in a channel, without the mention", async () => {
    const ended = on.replyEnds();
    await on.post(ADA, "general", "@Cria what is a dog?");
    await ended;
    expect(on.inference.requests[0]?.prompt.at(-1)?.text).toContain("what is a dog?");
    expect(on.inference.requests[0]?.prompt.map(({ text }) => text).join("")).not.toContain("@Cria");
  });

  it("stays silent in a channel where nobody mentions it", async () => {
    await on.post(ADA, "general", "What is a dog, Ben?");
    expect(await on.messages("general")).toHaveLength(1);
    expect(on.inference.requests).toEqual([]);
  });

  it.each(["/help", "@cria /help"])("answers the command %j in a channel", async (text) => {
    const spoken = on.botSpeaks();
    await on.post(ADA, "general", text);
    await spoken;
    const answer = (await on.messages("general")).at(-1);
    expect(answer?.text).toContain("/model");
    expect(answer?.state).toBeUndefined();
  });

  it("names near matches of a wrong command", async () => {
    const spoken = on.botSpeaks();
    await on.post(ADA, "general", "/modle smollm2-135m");
    await spoken;
    expect((await on.messages("general")).at(-1)?.text).toContain("`/model`");
  });

  it("tells the head of a channel once the model is switched", async () => {
    const changed = on.headChanges();
    await on.post(ADA, "general", "/model smollm2-135m-few-shot");
    await changed;
    expect((await on.rooms.snapshot(BEN, "general")).head.model).toBe("smollm2-135m-few-shot");
    expect((await on.rooms.snapshot(BEN, "random")).head.model).toBe("smollm2-135m");
  });

  it("switches the model from the picker and says who did", async () => {
    await on.rooms.setModel(ADA, "general", "smollm2-135m-few-shot");
    const notice = { author: ADA, text: "switched the model to **smollm2-135m-few-shot**", isNotice: true };
    expect((await on.messages("general")).at(-1)).toMatchObject(notice);
    await expect(on.rooms.setModel(ADA, "general", "tiny-broken")).rejects.toThrow("tokenizer.json is missing");
    expect(await on.messages("general")).toHaveLength(1);
    expect((await on.rooms.snapshot(ADA, "general")).head.model).toBe("smollm2-135m-few-shot");
  });

  it("counts the remembered rounds", async () => {
    const changed = on.headChanges();
    await on.post(ADA, on.direct, "hello");
    await changed;
    expect((await on.rooms.snapshot(ADA, on.direct)).head.rememberedRounds).toBe(1);
  });

  it("posts a message once that is sent twice", async () => {
    const message = { id: "message-same", text: "hello" };
    await on.rooms.post(ADA, "general", message);
    await on.rooms.post(ADA, "general", message);
    expect(await on.messages("general")).toHaveLength(1);
  });

  it.each([
    ["posted", () => on.post(ADA, "general", "hello again")],
    [
      "posted twice",
      () => Promise.race([1, 2].map(() => on.rooms.post(ADA, "general", { id: "same-message", text: "x" }))),
    ],
    ["changed", () => on.edit("hello", "hello again")],
  ])("has a message written down before it says that it is %s", async (_, send) => {
    await on.post(ADA, "general", "hello");
    const { put } = on.store;
    const away = createGate();
    vi.spyOn(on.store, "put").mockImplementation((...args) => away.opened.then(() => put(...args)));
    const isSent = vi.fn();
    const sent = send().then(isSent);
    await setImmediate();
    expect(isSent).not.toHaveBeenCalled();
    away.open();
    await sent;
    expect(await on.store.messages("general")).toEqual(await on.messages("general"));
  });

  it("holds nobody up for long where the store is away", async () => {
    vi.useFakeTimers();
    vi.spyOn(on.store, "put").mockReturnValue(new Promise(() => undefined));
    try {
      const posted = on.post(ADA, "general", "hello");
      await vi.advanceTimersByTimeAsync(3_000);
      await posted;
    } finally {
      vi.useRealTimers();
    }
  });

  it("tells of a head that changes while a channel is read", async () => {
    const read = createGate();
    vi.spyOn(on.inference, "listModels").mockImplementationOnce(() => read.opened.then(() => on.inference.models));
    const before = on.feed.lastId;
    const snapshot = on.rooms.snapshot(ADA, "general");
    await on.rooms.setModel(ADA, "general", "smollm2-135m-few-shot");
    read.open();
    expect((await snapshot).eventId).toBe(before);
    expect(on.feed.missedSince(before, ADA.id)?.map(({ event }) => event.type)).toContain("head");
  });

  it("calls the place in a persona as people do, in a comparison too", async () => {
    const asked = () => on.inference.requests.map(({ prompt }) => prompt.map(({ text }) => text).join(""));
    const configured = on.headChanges();
    await on.post(ADA, "general", "/system You help in {channel} of {workspace}.");
    await configured;
    const ended = on.replyEnds();
    await on.post(ADA, "general", "@cria hello");
    await ended;
    const compared = on.headChanges();
    await on.post(ADA, "general", "/compare smollm2-135m smollm2-135m-few-shot hello");
    await compared;
    await expect.poll(() => asked().length).toBe(3);
    for (const prompt of asked()) expect(prompt).toContain("You help in general of Alpaca Club.");
  });

  it("tells everyone when the service goes and comes back", async () => {
    const seen: boolean[] = [];
    on.feed.subscribe("ada", ({ event }) => event.type === "service" && seen.push(event.isServing));
    on.inference.setServing(false);
    on.inference.setServing(false);
    on.inference.setServing(true);
    expect(seen).toEqual([false, true]);
    expect(on.rooms.isServing).toBe(true);
  });

  it("adds channels, for everyone and beyond a restart", async () => {
    expect(await on.rooms.addChannel("Herd News")).toBe("herd-news");
    await expect(on.rooms.addChannel("#herd-news")).rejects.toThrow("There is a channel #herd-news already.");
    await on.rooms.close();
    await on.reopen();
    expect(on.rooms.channels()).toEqual(["general", "random", "herd-news"]);
  });

  it("tells nobody of a channel that could not be stored", async () => {
    const events: ServerEvent[] = [];
    on.feed.subscribe(ADA.id, ({ event }) => events.push(event));
    vi.spyOn(on.store, "addChannel").mockRejectedValueOnce(new Error("away"));
    await expect(on.rooms.addChannel("herd")).rejects.toThrow("away");
    expect([on.rooms.channels(), events]).toEqual([["general", "random"], []]);
    expect(await on.rooms.addChannel("herd")).toBe("herd");
    expect(events).toEqual([{ type: "channels", channels: ["general", "random", "herd"] }]);
  });

  it("adds a channel once that two people add at once", async () => {
    const added = await Promise.allSettled([on.rooms.addChannel("herd"), on.rooms.addChannel("herd")]);
    expect(added.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(on.rooms.channels()).toEqual(["general", "random", "herd"]);
  });

  it("has a bound on channels", async () => {
    for (let count = on.rooms.channels().length; count < MAX_CHANNELS; count++)
      await on.rooms.addChannel(`channel-${count}`);
    await expect(on.rooms.addChannel("one-more")).rejects.toThrow("50 channels");
  });

  it("lets nobody into another's direct message, or where there is nothing", async () => {
    await expect(on.post(BEN, on.direct, "hello")).rejects.toThrow("This is the chat of somebody else.");
    await expect(on.rooms.snapshot(BEN, on.direct)).rejects.toThrow("This is the chat of somebody else.");
    await expect(on.post(ADA, "nowhere", "hello")).rejects.toThrow("There is no channel #nowhere.");
  });

  it("refuses empty and overlong messages with the figures", async () => {
    await expect(on.post(ADA, on.direct, " \n ")).rejects.toThrow("The message is empty.");
    await expect(on.post(ADA, on.direct, "x".repeat(MAX_MESSAGE_LENGTH + 1))).rejects.toThrow(
      "The message has 32,001 characters; at most 32,000 are allowed.",
    );
  });
});

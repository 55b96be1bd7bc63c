import { BotError } from "@cria/bot-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NEVER } from "../testing/chunk-source.ts";
import { ADA, BEN, TestRooms } from "../testing/test-rooms.ts";
import { BOT, type ServerEvent } from "../wire.ts";
import { MAX_CHATS } from "./chat-store.ts";

let on: TestRooms;
let chat: string;
beforeEach(async () => {
  on = await TestRooms.open();
  chat = `${on.direct}:chat-0001`;
});

const titles = async (person = ADA) => (await on.rooms.lists(person)).chats.map(({ title }) => title);

async function ask(channelId: string, text: string): Promise<void> {
  const changed = on.headChanges();
  await on.post(ADA, channelId, text);
  await changed;
}

describe("chats", () => {
  it("are listed by what was asked last, within a millisecond too, and each has rounds of its own", async () => {
    on.now = () => 1_800_000_000_000;
    await ask(on.direct, "What is a dog?");
    await ask(chat, "/status");
    expect(await titles()).toEqual(["", "What is a dog?"]);
    await ask(chat, "And a cat?");
    expect(await titles()).toEqual(["And a cat?", "What is a dog?"]);
    expect(await titles(BEN)).toEqual([]);
    for (const id of [on.direct, chat]) expect((await on.rooms.snapshot(ADA, id)).head.rememberedRounds).toBe(1);
  });

  it("have titles of one line that is cut between words, until their owner names them", async () => {
    await ask(chat, `@cria ${"alpaca ".repeat(20)}\nand more`);
    expect(await titles()).toEqual([`${"alpaca ".repeat(8).trim()}…`]);
    await on.rooms.renameChat(ADA, chat, "  My   alpacas ");
    await ask(chat, "And llamas?");
    expect(await titles()).toEqual(["My alpacas"]);
    await expect(on.rooms.renameChat(ADA, chat, " ")).rejects.toThrow("at least one character");
    await expect(on.rooms.renameChat(ADA, chat, "x".repeat(81))).rejects.toThrow("81 characters; at most 80");
    await expect(on.rooms.renameChat(BEN, chat, "Mine")).rejects.toThrow("no longer kept");
    await expect(on.rooms.renameChat(ADA, `${chat}2`, "Mine")).rejects.toThrow("no longer kept");
  });

  it("are forgotten with their messages, their rounds and what was set there", async () => {
    await ask(chat, "What is a dog?");
    await ask(chat, "/model smollm2-135m-few-shot");
    const events: ServerEvent[] = [];
    on.feed.subscribe(ADA.id, ({ event }) => events.push(event));
    await on.rooms.deleteChat(ADA, chat);
    expect(events).toEqual([{ type: "chatDeleted", chatId: chat }]);
    expect(await titles()).toEqual([]);
    expect(await on.store.messages(chat)).toEqual([]);
    const { head, messages } = await on.rooms.snapshot(ADA, chat);
    expect([head.rememberedRounds, head.model, messages]).toEqual([0, "smollm2-135m", []]);
  });

  it("are forgotten while a reply is written, which leaves nothing behind", async () => {
    on.inference.script({ chunks: ["A loyal"], hold: NEVER });
    const streams = on.replyStreams();
    await on.post(ADA, chat, "What is a dog?");
    await streams;
    await on.rooms.deleteChat(ADA, chat);
    await on.rooms.close();
    expect(await on.store.messages(chat)).toEqual([]);
    expect((await on.rooms.snapshot(ADA, chat)).head.rememberedRounds).toBe(0);
  });

  it("are not forgotten while a reply is about to be taken up again, nor by others; channels never are", async () => {
    const state = { type: "streaming" } as const;
    await on.store.put(chat, { id: "reply", atMs: 2, author: BOT, text: "Once", state });
    await expect(on.rooms.deleteChat(ADA, chat)).rejects.toThrow("taken up again");
    await expect(on.rooms.deleteChat(BEN, chat)).rejects.toThrow("somebody else");
    await expect(on.rooms.deleteChat(ADA, "general")).rejects.toThrow("Channels belong to all");
  });

  it("keep the title that pages show while their list cannot be kept", async () => {
    await ask(chat, "What is a dog?");
    const told: ServerEvent[] = [];
    on.feed.subscribe(ADA.id, ({ event }) => told.push(event));
    vi.spyOn(on.chatStore, "touch").mockRejectedValueOnce(new BotError("MEMORY_UNAVAILABLE", "It is away."));
    await ask(chat, "And a cat?");
    expect(told.filter(({ type }) => type === "chat")).toEqual([]);
    await ask(chat, "And a bird?");
    expect(told.find(({ type }) => type === "chat")).toMatchObject({ chat: { title: "What is a dog?" } });
  });

  it("are answered although their list cannot be kept, and not deleted by halves", async () => {
    const away = new BotError("MEMORY_UNAVAILABLE", "My memory cannot be reached just now.");
    vi.spyOn(on.chatStore, "touch").mockRejectedValueOnce(away);
    await ask(chat, "What is a dog?");
    expect(await on.texts(chat)).toHaveLength(2);
    await ask(chat, "And a cat?");
    vi.spyOn(on.store, "forget").mockRejectedValueOnce(away);
    await expect(on.rooms.deleteChat(ADA, chat)).rejects.toThrow(away);
    expect(await titles()).toEqual(["And a cat?"]);
    await on.rooms.deleteChat(ADA, chat);
    expect(await titles()).toEqual([]);
  });

  it("have a limit, past which one must go", async () => {
    for (let number = 0; number < MAX_CHATS; number++)
      await on.chatStore.touch(ADA.id, { id: `${on.direct}:filler-${number}`, title: "x", atMs: number });
    await expect(on.post(ADA, chat, "What is a dog?")).rejects.toThrow("You have 200 chats, the most this page keeps.");
    expect(await on.messages(chat)).toEqual([]);
    await on.rooms.deleteChat(ADA, `${on.direct}:filler-7`);
    await ask(chat, "What is a dog?");
    expect((await titles())[0]).toBe("What is a dog?");
  });

  it("and channels come with the time of their newest message", async () => {
    await on.store.put("general", { id: "q", atMs: 7, author: BEN, text: "Good morning." });
    await ask(chat, "What is a dog?");
    const { newest } = await on.rooms.lists(ADA);
    expect(newest).toEqual({ general: 7, [chat]: (await on.messages(chat)).at(-1)?.atMs });
  });
});

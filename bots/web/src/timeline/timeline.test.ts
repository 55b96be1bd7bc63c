import { pino } from "pino";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { EventFeed } from "../feed/event-feed.ts";
import { createMemoryTimelineStore } from "../store/memory-timeline-store.ts";
import { BOT, type ChatMessage, type ServerEvent } from "../wire.ts";
import { Timeline } from "./timeline.ts";
import { TIMELINE_CAPACITY, type TimelineStore } from "./timeline-store.ts";

const logger = pino({ level: "silent" });
const ada = { id: "ada", name: "Ada" };

let store: TimelineStore;
let feed: EventFeed;
let events: ServerEvent[];
beforeEach(() => {
  store = createMemoryTimelineStore();
  feed = new EventFeed("run");
  events = [];
  feed.subscribe("ada", ({ event }) => events.push(event));
});

const open = (ownLogger = logger) => Timeline.open({ channelId: "general", store, feed, logger: ownLogger });
const reply = (id: string) => ({ id, author: BOT, text: "", state: { type: "waiting" } }) as const;

describe("Timeline", () => {
  it("gives messages of one millisecond times of their own, in order", async () => {
    const timeline = await open();
    const times = ["one", "two", "three"].map((id) => timeline.post({ id, author: ada, text: id }, 5).atMs);
    expect(times).toEqual([5, 6, 7]);
  });

  it("tells the pages of each change, with the place of what is appended", async () => {
    const timeline = await open();
    timeline.post(reply("reply-1"), 5);
    timeline.append("reply-1", "Hel");
    timeline.append("reply-1", "");
    timeline.append("reply-1", "lo");
    timeline.setState("reply-1", { type: "ended", end: "complete" }, "Hello");
    expect(events.slice(1)).toEqual([
      { type: "append", channelId: "general", messageId: "reply-1", offset: 0, text: "Hel" },
      { type: "append", channelId: "general", messageId: "reply-1", offset: 3, text: "lo" },
      { type: "state", channelId: "general", messageId: "reply-1", state: { type: "ended", end: "complete" } },
    ]);
  });

  it("sends the whole text where the end cut it", async () => {
    const timeline = await open();
    timeline.post(reply("reply-1"), 5);
    timeline.append("reply-1", "loop loop loop");
    timeline.setState("reply-1", { type: "ended", end: "repetition" }, "loop");
    expect(events.at(-1)).toMatchObject({ type: "state", text: "loop" });
    expect(timeline.message("reply-1")?.text).toBe("loop");
  });

  it("shows a rating to who gave it alone, also after a restart, until the reply is another", async () => {
    const timeline = await open();
    timeline.post(reply("reply-1"), 5);
    timeline.rate("reply-1", "ada", "up");
    timeline.rate("reply-1", "ben", "down");
    await timeline.flush();
    const ratings = (opened: Timeline) => ["ada", "ben", "eve"].map((id) => opened.messagesFor(id)[0]?.rated);
    expect(ratings(await open())).toEqual(["up", "down", undefined]);
    timeline.replace("reply-1", { text: "Better." });
    expect(JSON.stringify([events, timeline.messagesFor("ada")])).not.toContain("ben");
    timeline.replace("reply-1", { replyId: "r2", text: "" });
    expect(ratings(timeline)).toEqual([undefined, undefined, undefined]);
  });

  it("ignores changes to messages it does not know", async () => {
    const timeline = await open();
    timeline.append("gone", "text");
    timeline.setState("gone", { type: "streaming" });
    expect(events).toEqual([]);
  });

  it("is there again after a restart, and says which replies the restart cut off", async () => {
    const before = await open();
    before.post({ id: "question", author: ada, text: "hello" }, 5);
    before.post(reply("reply-1"), 6);
    before.append("reply-1", "Hel");
    await before.flush();
    const after = await open();
    expect(after.messages().map(({ id, text }) => [id, text])).toEqual([
      ["question", "hello"],
      ["reply-1", "Hel"],
    ]);
    expect(after.message("reply-1")?.state).toEqual({ type: "interrupted" });
    expect(after.post({ id: "next", author: ada, text: "next" }, 1).atMs).toBe(7);
  });

  it("gives up what a restart cut off and nobody takes up, and leaves alone what somebody has", async () => {
    vi.useFakeTimers();
    try {
      const before = await open();
      for (const id of ["reply-1", "reply-2"]) before.post(reply(id), 6);
      await before.flush();
      const [after, closed] = [await open(), await open()];
      await closed.close();
      after.setState("reply-2", { type: "streaming" });
      await vi.advanceTimersByTimeAsync(29_000);
      expect(after.message("reply-1")?.state).toEqual({ type: "interrupted" });
      await vi.advanceTimersByTimeAsync(2_000);
      const reason = "The chat server stopped while this was being written.";
      expect(after.messages().map(({ state }) => state)).toEqual([{ type: "failed", reason }, { type: "streaming" }]);
      expect(closed.message("reply-1")?.state).toEqual({ type: "interrupted" });
    } finally {
      vi.useRealTimers();
    }
  });

  it("writes a reply down once a second while it streams, not at each token", async () => {
    vi.useFakeTimers();
    try {
      const put = vi.spyOn(store, "put");
      const timeline = await open();
      timeline.post(reply("reply-1"), 5);
      await timeline.flush();
      for (let count = 0; count < 100; count++) timeline.append("reply-1", "x");
      await vi.advanceTimersByTimeAsync(1_000);
      expect(put).toHaveBeenCalledTimes(2);
      expect((await store.messages("general"))[0]?.text).toHaveLength(100);
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps the newest messages only", async () => {
    const timeline = await open();
    for (let count = 0; count <= TIMELINE_CAPACITY; count++)
      timeline.post({ id: `message-${count}`, author: ada, text: "x" }, count);
    expect(timeline.messages()).toHaveLength(TIMELINE_CAPACITY);
    expect(timeline.message("message-0")).toBeUndefined();
  });

  it("writes down what the store refused as soon as it takes it, and then no more", async () => {
    vi.useFakeTimers();
    try {
      const away = new Error("away");
      const put = vi.spyOn(store, "put").mockRejectedValueOnce(away).mockRejectedValueOnce(away);
      const timeline = await open();
      timeline.post({ id: "message-1", author: ada, text: "hello" }, 5);
      await timeline.flush();
      expect(await store.messages("general")).toEqual([]);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await store.messages("general")).toEqual(timeline.messages());
      await vi.advanceTimersByTimeAsync(60_000);
      expect(put).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it("writes down what changes while it is being written down", async () => {
    const { put } = store;
    let letGo: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const firstPut = vi.spyOn(store, "put").mockImplementationOnce((...args) => held.then(() => put(...args)));
    const timeline = await open();
    timeline.post(reply("reply-1"), 5);
    await vi.waitFor(() => expect(firstPut).toHaveBeenCalled());
    timeline.append("reply-1", "Hello");
    letGo?.();
    await timeline.flush();
    expect(await store.messages("general")).toEqual(timeline.messages());
  });

  it("goes on in memory when the store fails, and logs it", async () => {
    const failing: TimelineStore = { ...store, put: () => Promise.reject(new Error("away")) };
    const warn = vi.fn();
    const ownLogger = { ...logger, warn } as unknown as typeof logger;
    const timeline = await Timeline.open({ channelId: "general", store: failing, feed, logger: ownLogger });
    timeline.post({ id: "message-1", author: ada, text: "hello" }, 5);
    expect(await timeline.flush()).toBe(1);
    expect(timeline.messages().map((message: ChatMessage) => message.text)).toEqual(["hello"]);
    expect(warn).toHaveBeenCalled();
  });

  it("logs once that the store fails, and once that it is back", async () => {
    const put = vi.spyOn(store, "put").mockRejectedValue(new Error("away"));
    const lines: string[] = [];
    const tell = (_: object, text: string) => void lines.push(text);
    const timeline = await open({ ...logger, warn: tell, info: tell } as unknown as typeof logger);
    for (const id of ["message-1", "message-2"]) {
      timeline.post({ id, author: ada, text: "hello" }, 5);
      expect(await timeline.flush()).toBeGreaterThan(0);
    }
    expect(lines).toEqual(["could not write a message down; it is tried again"]);
    put.mockRestore();
    for (let flushes = 0; flushes < 2; flushes++) expect(await timeline.flush()).toBe(0);
    expect(lines.slice(1)).toEqual(["messages are written down again"]);
  });

  it("logs what is not written down at its end", async () => {
    const put = vi.spyOn(store, "put");
    const error = vi.fn();
    const ownLogger = { ...logger, warn: vi.fn(), error } as unknown as typeof logger;
    const timeline = await open(ownLogger);
    for (const id of ["message-1", "message-2"]) timeline.post({ id, author: ada, text: "hello" }, 5);
    await timeline.close();
    expect(error).not.toHaveBeenCalled();
    put.mockRejectedValue(new Error("away"));
    timeline.append("message-1", " again");
    await timeline.close();
    expect(error).toHaveBeenCalledWith({ channelId: "general", numLeft: 1 }, expect.any(String));
  });
});

import type { Reply } from "@cria/bot-core";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventFeed } from "../feed/event-feed.ts";
import { createMemoryTimelineStore } from "../store/memory-timeline-store.ts";
import { Timeline } from "../timeline/timeline.ts";
import { BOT, type ServerEvent } from "../wire.ts";
import { createWebReply } from "./web-reply.ts";

const stats = {
  model: "fake",
  promptTokens: 1,
  cachedTokens: 0,
  completionTokens: 2,
  queueMs: 0,
  modelLoadMs: 0,
  prefillMs: 1,
  timeToFirstTokenMs: 2,
  decodeMs: 3,
};

let timeline: Timeline;
let appended: string[];
beforeEach(async () => {
  vi.useFakeTimers();
  const feed = new EventFeed("run");
  const store = createMemoryTimelineStore();
  timeline = await Timeline.open({ channelId: "general", store, feed, logger: pino({ level: "silent" }) });
  timeline.post({ id: "reply-1", author: BOT, text: "", state: { type: "waiting" } }, 1);
  appended = [];
  feed.subscribe("ada", ({ event }: { event: ServerEvent }) => event.type === "append" && appended.push(event.text));
});
afterEach(() => {
  vi.useRealTimers();
});

const createReply = () => createWebReply({ timeline, messageId: "reply-1", signal: new AbortController().signal });
const state = () => timeline.message("reply-1")?.state;

describe("createWebReply", () => {
  it("shows what the reply waits for", async () => {
    await createReply().status({ type: "queued", ahead: 2 });
    expect(state()).toEqual({ type: "queued", ahead: 2 });
  });

  it("sends the first words at once and the rest together every 40 ms", async () => {
    const reply = createReply();
    for (const text of ["one", " two", " three"]) await reply.append(text);
    expect(appended).toEqual(["one"]);
    expect(state()).toEqual({ type: "streaming" });
    await vi.advanceTimersByTimeAsync(40);
    expect(appended).toEqual(["one", " two three"]);
    await vi.advanceTimersByTimeAsync(400);
    await reply.append(" four");
    expect(appended).toEqual(["one", " two three", " four"]);
  });

  it("says that the model thinks, also after words of it", async () => {
    const reply = createReply();
    await reply.append("one");
    await reply.status({ type: "thinking" });
    expect(state()).toEqual({ type: "thinking" });
    await reply.append(" two");
    expect(state()).toEqual({ type: "streaming" });
  });

  it("tells which buttons can do something, where it is not all", async () => {
    await createReply().fail("You may not.", "none");
    expect(state()).toEqual({ type: "failed", reason: "You may not.", buttons: "none" });
    await createReply().finish("complete", "one", stats, "rating");
    expect(state()).toEqual({ type: "ended", end: "complete", stats, buttons: "rating" });
    await createReply().finish("complete", "one", stats, "all");
    expect(state()).toEqual({ type: "ended", end: "complete", stats });
  });

  it("loses nothing that was pending at its end", async () => {
    const reply = createReply();
    for (const text of ["one", " two"]) await reply.append(text);
    await reply.finish("complete", "one two", stats);
    expect(appended).toEqual(["one", " two"]);
    expect(state()).toEqual({ type: "ended", end: "complete", stats });
    await vi.advanceTimersByTimeAsync(400);
    expect(appended).toEqual(["one", " two"]);
  });

  it("keeps what was written when it fails", async () => {
    const reply = createReply();
    for (const text of ["one", " two"]) await reply.append(text);
    await reply.fail("It broke.");
    expect(timeline.message("reply-1")).toMatchObject({
      text: "one two",
      state: { type: "failed", reason: "It broke." },
    });
  });

  it("leaves the figures out where it was stopped before they were known", async () => {
    await createReply().finish("stopped", "", undefined);
    expect(state()).toEqual({ type: "ended", end: "stopped" });
  });

  it("keeps what stood there before when a reply that goes on is stopped, and says by whom", async () => {
    timeline.replace("reply-1", { text: "Once upon" });
    const { signal } = new AbortController();
    const stoppedBy = () => ({ id: "ben", name: "Ben" });
    const reply = createWebReply({ timeline, messageId: "reply-1", signal, before: "Once upon", stoppedBy });
    await reply.append(" a time");
    await reply.finish("stopped", " a time", stats);
    expect(timeline.message("reply-1")).toMatchObject({
      text: "Once upon a time",
      state: { type: "ended", end: "stopped", stats, stoppedBy: { id: "ben", name: "Ben" } },
    });
  });

  it("keeps what stood there before when a reply that goes on is stopped or fails at once", async () => {
    timeline.replace("reply-1", { text: "Once upon" });
    const signal = AbortSignal.abort();
    const reply = () => createWebReply({ timeline, messageId: "reply-1", signal, before: "Once upon" });
    await reply().finish("stopped", "", undefined);
    expect(timeline.message("reply-1")?.text).toBe("Once upon");
    await reply().fail("It broke.");
    expect(timeline.message("reply-1")?.text).toBe("Once upon");
  });

  describe("that is taken up", () => {
    const takenUp = () => {
      timeline.replace("reply-1", { text: "Rain is" });
      return createWebReply({ timeline, messageId: "reply-1", signal: new AbortController().signal, left: "Rain is" });
    };
    const text = () => timeline.message("reply-1")?.text;

    it("leaves what a dead server had written until its own first word", async () => {
      const reply = takenUp();
      await reply.status({ type: "queued", ahead: 1 });
      expect(text()).toBe("Rain is");
      await reply.append("Rain");
      expect(text()).toBe("Rain");
      await reply.status({ type: "thinking" });
      await reply.append(" falls.");
      await vi.advanceTimersByTimeAsync(40);
      expect(text()).toBe("Rain falls.");
    });

    it.each([
      ["is stopped", (reply: Reply) => reply.finish("stopped", "", undefined)],
      ["is given up", (reply: Reply) => reply.discard!()],
      ["fails", (reply: Reply) => reply.fail("The model is away.")],
    ])("keeps that where it %s at its start", async (_, end) => {
      await end(takenUp());
      expect(text()).toBe("Rain is");
    });
  });

  it("names nobody where the server stopped it", async () => {
    const reply = createWebReply({ timeline, messageId: "reply-1", signal: AbortSignal.abort() });
    await reply.finish("stopped", "", undefined);
    expect(state()).toEqual({ type: "ended", end: "stopped" });
  });
});

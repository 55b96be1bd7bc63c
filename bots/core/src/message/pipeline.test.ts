import { FinishReason, type Model, ModelState } from "@cria/proto";
import { pino } from "pino";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_MESSAGE_LENGTH } from "../admission/question.ts";
import { createBotCore } from "../bot-core.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import {
  chatModel,
  createTestCore,
  lastPrompt,
  roundsOf,
  testConversation,
  testMessage,
  testPlace,
} from "../testing/test-core.ts";

describe("createBotCore", () => {
  let { client, stores, exchanges, core, send } = createTestCore();
  const start = (models?: readonly Model[]) => {
    ({ client, stores, exchanges, core, send } = createTestCore(models));
  };
  beforeEach(() => start());

  describe("a message", () => {
    it("is answered, and its round remembered", async () => {
      client.script({ chunks: [" Hello", " there."] });
      const reply = await send("  Hi  ");
      expect(reply.statuses).toEqual([{ type: "reading", promptTokens: 12, cachedTokens: 4 }]);
      expect(reply.text).toBe("Hello there.");
      expect(reply.ended).toMatchObject({ type: "finished", end: "complete", text: "Hello there." });
      expect(await roundsOf(stores)).toMatchObject([{ author: "Ann", user: "Hi", assistant: "Hello there." }]);
    });

    it("comes with the figures of its reply", async () => {
      const reply = await send("Hi");
      expect(reply.ended).toMatchObject({
        stats: {
          model: "fake",
          promptTokens: 12,
          cachedTokens: 4,
          completionTokens: 2,
          queueMs: 1,
          modelLoadMs: 0,
          prefillMs: 5,
          timeToFirstTokenMs: 6,
          decodeMs: 9,
        },
      });
    });

    it("stands after the rounds before it", async () => {
      client.script({ chunks: ["Hello."] });
      await send("Hi");
      await send("And you?");
      expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: Hi\nAI: Hello.\nHuman: Ann: And you?\nAI:");
    });

    it("asks for its author's share, the workspace's cached prefixes and the format's stop strings", async () => {
      await send("Hi");
      expect(client.requests[0]).toMatchObject({
        model: "fake",
        tenant: "web:local:u1",
        cacheSalt: "web:local",
        stopping: { stop: ["\nHuman:"] },
      });
    });

    it("said directly shares cached prefixes with nobody", async () => {
      await send("Hi", { place: { ...testPlace, isDirect: true } });
      expect(client.requests[0]).toMatchObject({ tenant: "web:local:u1", cacheSalt: "web:local:u1" });
    });

    it("delivered twice is answered once", async () => {
      const twice = testMessage("Hi");
      const replies = [new FakeReplyHandle(), new FakeReplyHandle()];
      await Promise.all(replies.map((reply) => core.handleMessage(twice, async () => reply)));
      expect(replies.map(({ ended }) => ended?.type)).toEqual(["finished", undefined]);
      expect(client.requests).toHaveLength(1);
    });

    it("in a thread has a memory of its own and the channel's settings", async () => {
      start([chatModel, fakeModel({ name: "other", isDefault: false })]);
      await stores.settings.update("web:local", { system: "Of the workspace." });
      await stores.settings.update(testConversation, { model: "other" });
      await send("Hi", { place: { ...testPlace, threadId: "17" } });
      expect(client.requests[0]!.model).toBe("other");
      expect(lastPrompt(client)).toBe("Of the workspace.\n\nAnn: Hi");
      expect(await roundsOf(stores)).toEqual([]);
      expect(await roundsOf(stores, `${testConversation}:17`)).toHaveLength(1);
    });

    it("with quoted text carries it along and remembers it", async () => {
      await send("Sum up", { quotes: [{ text: " Long text. " }] });
      expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: Sum up\n\nLong text.\nAI:");
      expect(await roundsOf(stores)).toMatchObject([{ user: "Sum up", context: "Long text." }]);
    });

    it("of an attachment alone is the attachment's text", async () => {
      await send("", { quotes: [{ text: "Long text." }] });
      expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: Long text.\nAI:");
    });

    it("that is empty gets a friendly line and costs nothing", async () => {
      const reply = await send(" \n ");
      expect(reply.text).toMatch(/Write me something/);
      expect(reply.ended).toEqual({ type: "finished", end: "complete", text: reply.text, stats: undefined });
      expect(client.requests).toEqual([]);
      expect(await roundsOf(stores)).toEqual([]);
    });

    it("of exactly the longest length is taken, a longer one refused with both figures", async () => {
      expect((await send("a".repeat(MAX_MESSAGE_LENGTH))).ended).toMatchObject({ type: "finished" });
      const reply = await send("a".repeat(200_000));
      expect(reply.ended).toEqual({
        type: "failed",
        reason: "This message has 200,000 characters; I can take 32,000. Send a shorter part of it.",
      });
      expect(client.requests).toHaveLength(1);
    });

    it("of a section marker alone is answered, and remembered as it was written", async () => {
      start([fakeModel({ promptFormat: { format: { $case: "alpaca", value: { responseSuffix: "" } } } })]);
      await send("### Response:");
      expect(lastPrompt(client)).toMatch(/### Instruction:\nAnn: ### Response:\n\n### Response:$/);
      expect(await roundsOf(stores)).toMatchObject([{ user: "### Response:" }]);
    });

    it("waits for the one before it in the conversation and says so", async () => {
      const hold = createGate();
      client.script({ chunks: ["first"], hold: hold.opened }, { chunks: ["second"] });
      const isStreaming = createGate();
      const firstReply = new FakeReplyHandle();
      firstReply.onAppend = isStreaming.open;
      const first = send("1", {}, firstReply);
      await isStreaming.opened;
      const secondReply = new FakeReplyHandle();
      const second = send("2", {}, secondReply);
      const other = await send("3", { place: { ...testPlace, channelId: "random" } });
      expect(other.ended).toMatchObject({ type: "finished" });
      await vi.waitFor(() => expect(secondReply.statuses).toEqual([{ type: "queued", ahead: 1 }]));
      hold.open();
      await Promise.all([first, second]);
      expect((await roundsOf(stores)).map(({ user }) => user)).toEqual(["1", "2"]);
    });
  });

  describe("messages that come at once", () => {
    it("are answered in the order in which they came, however long each takes to begin", async () => {
      client.script({ chunks: ["1"] }, { chunks: ["2"] }, { chunks: ["3"] });
      const begins = createGate();
      const slow = core.handleMessage(testMessage("first"), async () => {
        await begins.opened;
        return new FakeReplyHandle();
      });
      const others = [send("second"), send("third")];
      await new Promise(setImmediate);
      expect(client.requests).toEqual([]);
      begins.open();
      await Promise.all([slow, ...others]);
      expect((await roundsOf(stores)).map(({ user }) => user)).toEqual(["first", "second", "third"]);
    });

    it("do not wait until the platform has shown the answers before theirs", async () => {
      client.script({ chunks: ["1"] }, { chunks: ["2"] });
      const isShown = createGate();
      const slow = new FakeReplyHandle();
      slow.finish = () => isShown.opened;
      const first = send("first", {}, slow);
      expect((await send("second")).text).toBe("2");
      isShown.open();
      await first;
    });
  });

  describe("a reply", () => {
    it.each([
      [FinishReason.STOP, "complete"],
      [FinishReason.MAX_TOKENS, "length"],
      [FinishReason.CONTEXT_FULL, "contextFull"],
      [FinishReason.TIME_BUDGET, "timeBudget"],
    ] as const)("that ends with reason %i says %s", async (finishReason, end) => {
      client.script({ chunks: ["text"], finishReason });
      expect((await send("Hi")).ended).toMatchObject({ end });
    });

    it("has a repeated loop cut off, on the page and in memory", async () => {
      client.script({ chunks: [" well", " well", " well"], finishReason: FinishReason.REPETITION, textLength: 5 });
      const reply = await send("Hi");
      expect(reply.ended).toMatchObject({ end: "repetition", text: "well" });
      expect(await roundsOf(stores)).toMatchObject([{ assistant: "well" }]);
    });

    it("is loaded for, with progress, when the model is not in memory", async () => {
      start([{ ...chatModel, state: ModelState.AVAILABLE }]);
      client.loadSteps = [
        { loadedBytes: 10, totalBytes: 20 },
        { loadedBytes: 20, totalBytes: 20 },
      ];
      const reply = await send("Hi");
      expect(reply.statuses).toEqual([
        { type: "loading", model: "fake", loadedBytes: 10, totalBytes: 20 },
        { type: "loading", model: "fake", loadedBytes: 20, totalBytes: 20 },
        { type: "reading", promptTokens: 12, cachedTokens: 4 },
      ]);
    });

    it("stopped while it streams keeps what was written, and remembers it", async () => {
      client.script({ chunks: ["Once", " upon"], hold: createGate().opened });
      const reply = new FakeReplyHandle();
      reply.onAppend = (text) => text === "Once upon" && reply.stop();
      await send("A story", {}, reply);
      expect(reply.ended).toEqual({ type: "finished", end: "stopped", text: "Once upon", stats: undefined });
      expect(await roundsOf(stores)).toMatchObject([{ user: "A story", assistant: "Once upon" }]);
    });

    it("stopped before its first word is not remembered", async () => {
      client.script({ queue: createGate().opened });
      const reply = new FakeReplyHandle();
      const sent = send("A story", {}, reply);
      await vi.waitFor(() => expect(client.requests).toHaveLength(1));
      reply.stop();
      await sent;
      expect(reply.ended).toEqual({ type: "finished", end: "stopped", text: "", stats: undefined });
      expect(await roundsOf(stores)).toEqual([]);
    });

    it("stopped while it waits for its turn gives up its place", async () => {
      const place = await stores.turns.enter(testConversation, { id: "0-1", replyId: "r0" });
      const reply = new FakeReplyHandle();
      const sent = send("Hi", {}, reply);
      await vi.waitFor(() => expect(reply.statuses).toHaveLength(1));
      reply.stop();
      await sent;
      await place.leave();
      expect(reply.ended).toMatchObject({ end: "stopped", text: "" });
      expect(client.requests).toEqual([]);
    });

    it("of no words says so and is not remembered", async () => {
      client.script({ chunks: [" ", "\n"] });
      const reply = await send("Hi");
      expect(reply.ended).toMatchObject({ type: "failed", reason: expect.stringMatching(/nothing to say/) });
      expect(await roundsOf(stores)).toEqual([]);
    });
  });

  describe("the transcript", () => {
    it("has each exchange once, with its words and figures", async () => {
      client.script({ chunks: ["Hello."] });
      await send("Hi");
      expect(exchanges).toMatchObject([
        {
          conversation: testConversation,
          authorId: "u1",
          question: "Hi",
          reply: "Hello.",
          outcome: "complete",
          stats: { model: "fake", queueMs: 1 },
        },
      ]);
    });

    it("does not call complete what the platform gave up while it was to be shown", async () => {
      const reply = new FakeReplyHandle();
      reply.finish = async () => reply.stop();
      await send("Hi", {}, reply);
      expect(exchanges).toMatchObject([{ outcome: "stopped" }]);
    });

    it("goes to the log without anyone's words by default", async () => {
      const lines: string[] = [];
      const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
      client.script({ chunks: ["a secret answer"] });
      const logging = createBotCore({ stores, inference: client, logger: log });
      await logging.handleMessage(testMessage("a secret question"), async () => new FakeReplyHandle());
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0]!)).toMatchObject({ outcome: "complete", questionLength: 17, replyLength: 15 });
      expect(lines[0]).not.toMatch(/secret/);
    });
  });
});

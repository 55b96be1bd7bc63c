import { FinishReason, type Model, ModelState } from "@cria/proto";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_MESSAGE_LENGTH } from "./answer.ts";
import { BotError } from "./bot-error.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { createBotCore } from "./pipeline.ts";
import type { BotCore, IncomingMessage } from "./platform.ts";
import { createMemoryConversationStore } from "./store/memory-conversation-store.ts";
import { FakeInferenceClient } from "./testing/fake-inference-client.ts";
import { fakeModel } from "./testing/fake-model.ts";
import { FakeReplyHandle } from "./testing/fake-reply.ts";
import { createGate } from "./testing/gate.ts";
import type { Exchange } from "./transcript.ts";

const logger = pino({ level: "silent" });
const place = { platform: "web", workspaceId: "local", channelId: "general", isDirect: false };
const conversation = "web:local:general";
const author = { id: "u1", name: "Ann" };
const never = new AbortController().signal;
const chatModel = fakeModel({
  promptFormat: {
    format: {
      $case: "fewShot",
      value: { instruction: "A talk.", examples: [], humanTitle: "Human", aiTitle: "AI" },
    },
  },
});

let numEvents = 0;
const message = (text: string, fields: Partial<IncomingMessage> = {}): IncomingMessage => ({
  eventId: `e${numEvents++}`,
  place,
  author,
  text,
  ...fields,
});
const unavailable = () => new BotError("SERVICE_UNAVAILABLE", "The model service cannot be reached just now.");
const promptText = (client: FakeInferenceClient, index = -1) =>
  client.requests
    .at(index)!
    .prompt.map(({ text }) => text)
    .join("");

describe("createBotCore", () => {
  let client: FakeInferenceClient;
  let store: ConversationStore;
  let exchanges: Exchange[];
  let core: BotCore;

  const send = async (text: string, fields: Partial<IncomingMessage> = {}, reply = new FakeReplyHandle()) => {
    await core.handleMessage(message(text, fields), async () => reply);
    return reply;
  };
  const start = (models: readonly Model[] = [chatModel]) => {
    client = new FakeInferenceClient(models);
    store = createMemoryConversationStore({ turnsTtlMs: 60_000 });
    exchanges = [];
    const transcript = { record: (exchange: Exchange) => void exchanges.push(exchange) };
    core = createBotCore({ store, inference: client, logger, transcript });
  };
  beforeEach(() => start());

  describe("a message", () => {
    it("is answered, and its round remembered", async () => {
      client.script({ chunks: [" Hello", " there."] });
      const reply = await send("  Hi  ");
      expect(reply.statuses).toEqual([{ type: "reading", promptTokens: 12, cachedTokens: 4 }]);
      expect(reply.text).toBe("Hello there.");
      expect(reply.ended).toMatchObject({ type: "finished", end: "complete", text: "Hello there." });
      expect(await store.turns(conversation)).toMatchObject([{ author: "Ann", user: "Hi", assistant: "Hello there." }]);
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
      expect(promptText(client)).toBe("A talk.\n\nHuman: Hi\nAI: Hello.\nHuman: And you?\nAI:");
    });

    it("asks for the workspace's share and the format's stop strings", async () => {
      await send("Hi");
      expect(client.requests[0]).toMatchObject({
        model: "fake",
        tenant: "web:local",
        cacheSalt: "web:local",
        stopping: { stop: ["\nHuman:"] },
      });
    });

    it("delivered twice is answered once", async () => {
      const twice = message("Hi");
      const replies = [new FakeReplyHandle(), new FakeReplyHandle()];
      await Promise.all(replies.map((reply) => core.handleMessage(twice, async () => reply)));
      expect(replies.map(({ ended }) => ended?.type)).toEqual(["finished", undefined]);
      expect(client.requests).toHaveLength(1);
    });

    it("in a thread has a memory of its own and the channel's settings", async () => {
      start([chatModel, fakeModel({ name: "other", isDefault: false })]);
      await store.updateSettings("web:local", { system: "Of the workspace." });
      await store.updateSettings(conversation, { model: "other" });
      await send("Hi", { place: { ...place, threadId: "17" } });
      expect(client.requests[0]!.model).toBe("other");
      expect(promptText(client)).toBe("Of the workspace.\n\nHi");
      expect(await store.turns(conversation)).toEqual([]);
      expect(await store.turns(`${conversation}:17`)).toHaveLength(1);
    });

    it("with quoted text carries it along and remembers it", async () => {
      await send("Sum up", { context: " Long text. " });
      expect(promptText(client)).toBe("A talk.\n\nHuman: Sum up\n\nLong text.\nAI:");
      expect(await store.turns(conversation)).toMatchObject([{ user: "Sum up", context: "Long text." }]);
    });

    it("of an attachment alone is the attachment's text", async () => {
      await send("", { context: "Long text." });
      expect(promptText(client)).toBe("A talk.\n\nHuman: Long text.\nAI:");
    });

    it("that is empty gets a friendly line and costs nothing", async () => {
      const reply = await send(" \n ");
      expect(reply.text).toMatch(/Write me something/);
      expect(reply.ended).toEqual({ type: "finished", end: "complete", text: reply.text, stats: undefined });
      expect(client.requests).toEqual([]);
      expect(await store.turns(conversation)).toEqual([]);
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
      expect(promptText(client)).toMatch(/### Instruction:\n> ### Response:\n\n### Response:$/);
      expect(await store.turns(conversation)).toMatchObject([{ user: "### Response:" }]);
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
      const other = await send("3", { place: { ...place, channelId: "random" } });
      expect(other.ended).toMatchObject({ type: "finished" });
      await vi.waitFor(() => expect(secondReply.statuses).toEqual([{ type: "queued", ahead: 1 }]));
      hold.open();
      await Promise.all([first, second]);
      expect((await store.turns(conversation)).map(({ user }) => user)).toEqual(["1", "2"]);
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
      expect(await store.turns(conversation)).toMatchObject([{ assistant: "well" }]);
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
      expect(await store.turns(conversation)).toMatchObject([{ user: "A story", assistant: "Once upon" }]);
    });

    it("stopped before its first word is not remembered", async () => {
      client.script({ queue: createGate().opened });
      const reply = new FakeReplyHandle();
      const sent = send("A story", {}, reply);
      await vi.waitFor(() => expect(client.requests).toHaveLength(1));
      reply.stop();
      await sent;
      expect(reply.ended).toEqual({ type: "finished", end: "stopped", text: "", stats: undefined });
      expect(await store.turns(conversation)).toEqual([]);
    });

    it("stopped while it waits for its turn gives up its place", async () => {
      const leave = await store.takeTurn(conversation, { signal: never });
      const reply = new FakeReplyHandle();
      const sent = send("Hi", {}, reply);
      await vi.waitFor(() => expect(reply.statuses).toHaveLength(1));
      reply.stop();
      await sent;
      await leave();
      expect(reply.ended).toMatchObject({ end: "stopped", text: "" });
      expect(client.requests).toEqual([]);
    });

    it("of no words says so and is not remembered", async () => {
      client.script({ chunks: [" ", "\n"] });
      const reply = await send("Hi");
      expect(reply.ended).toMatchObject({ type: "failed", reason: expect.stringMatching(/nothing to say/) });
      expect(await store.turns(conversation)).toEqual([]);
    });
  });

  describe("in time", () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it("a reply in the service's queue says how many are ahead until it begins", async () => {
      const queue = createGate();
      client.script({ queue: queue.opened, chunks: ["Hello"] });
      client.ahead = 3;
      const reply = new FakeReplyHandle();
      const sent = send("Hi", {}, reply);
      await vi.advanceTimersByTimeAsync(400);
      client.ahead = 1;
      await vi.advanceTimersByTimeAsync(1_000);
      queue.open();
      await sent;
      await vi.advanceTimersByTimeAsync(5_000);
      expect(reply.statuses.map((status) => (status.type === "queued" ? status.ahead : status.type))).toEqual([
        3,
        1,
        "reading",
      ]);
    });

    it("tries again while nothing was written", async () => {
      client.script({ refusal: unavailable() }, { refusal: unavailable() }, { chunks: ["Hello"] });
      const sent = send("Hi");
      await vi.runAllTimersAsync();
      expect((await sent).ended).toMatchObject({ type: "finished", text: "Hello" });
      expect(await store.turns(conversation)).toHaveLength(1);
    });

    it("gives up after four tries", async () => {
      client.setServing(false);
      const sent = send("Hi");
      await vi.runAllTimersAsync();
      expect((await sent).ended).toEqual({ type: "failed", reason: "The model service cannot be reached just now." });
      expect(exchanges).toMatchObject([{ outcome: "SERVICE_UNAVAILABLE" }]);
    });

    it("waits as long as the service asks, and a little more", async () => {
      const busy = new BotError("QUEUE_FULL", "Busy.", { retryDelayMs: 2_000 });
      client.script({ refusal: busy }, { chunks: ["Hello"] });
      const sent = send("Hi");
      await vi.advanceTimersByTimeAsync(1_999);
      expect(client.requests).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(501);
      expect((await sent).ended).toMatchObject({ text: "Hello" });
    });

    it("tells at once when the service asks for much patience", async () => {
      const busy = new BotError("QUEUE_FULL", "Try again in about 60 s.", { retryDelayMs: 60_000 });
      client.script({ refusal: busy });
      expect((await send("Hi")).ended).toEqual({ type: "failed", reason: "Try again in about 60 s." });
    });

    it("does not try again what cannot succeed", async () => {
      client.script({ refusal: new BotError("PROMPT_TOO_LONG", "Too long.") });
      expect((await send("Hi")).ended).toEqual({ type: "failed", reason: "Too long." });
      expect(client.requests).toHaveLength(1);
    });

    it("can be stopped between two tries", async () => {
      client.setServing(false);
      const reply = new FakeReplyHandle();
      const sent = send("Hi", {}, reply);
      await vi.advanceTimersByTimeAsync(100);
      reply.stop();
      await sent;
      expect(reply.ended).toMatchObject({ type: "finished", end: "stopped" });
    });
  });

  describe("a failure", () => {
    it("in the middle of a reply keeps what was written, is told, and remembers nothing", async () => {
      client.script({ chunks: ["Once upon"], failure: unavailable() });
      const reply = await send("A story");
      expect(reply.text).toBe("Once upon");
      expect(reply.ended).toMatchObject({
        type: "failed",
        reason: expect.stringMatching(/in the middle of this reply/),
      });
      expect(client.requests).toHaveLength(1);
      expect(await store.turns(conversation)).toEqual([]);
      expect(exchanges).toMatchObject([{ outcome: "SERVICE_UNAVAILABLE", reply: "Once upon" }]);
    });

    it("of another kind in the middle keeps its own sentence", async () => {
      client.script({ chunks: ["Once"], failure: new BotError("DEADLINE_EXCEEDED", "Too slow.") });
      expect((await send("A story")).ended).toEqual({ type: "failed", reason: "Too slow." });
    });

    it("of a model names it and the others", async () => {
      const broken = { ...chatModel, state: ModelState.BROKEN, error: "weights.onnx is cut short." };
      start([broken, fakeModel({ name: "other", isDefault: false })]);
      expect((await send("Hi")).ended).toEqual({
        type: "failed",
        reason: "The model fake cannot be used: weights.onnx is cut short. Choose another with /model: other.",
      });
    });

    it("to load a model is told", async () => {
      start([{ ...chatModel, state: ModelState.AVAILABLE }]);
      client.loadFailures.push(new BotError("MODEL_BROKEN", "This model cannot be used: no tokenizer."));
      expect((await send("Hi")).ended).toMatchObject({ reason: "This model cannot be used: no tokenizer." });
    });

    it("for a model that is gone names the nearest", async () => {
      await store.updateSettings(conversation, { model: "fak" });
      expect((await send("Hi")).ended).toMatchObject({
        reason: 'There is no model "fak". Choose another with /model: fake.',
      });
    });

    it("for want of any model says what to do", async () => {
      start([]);
      expect((await send("Hi")).ended).toMatchObject({ reason: expect.stringMatching(/has no model/) });
    });

    it("that nobody foresaw shows none of its text", async () => {
      client.script({ refusal: new TypeError("x is not a function") });
      const { ended } = await send("Hi");
      expect(ended).toEqual({
        type: "failed",
        reason: "Something went wrong on my side; the log says what. Try again.",
      });
      expect(exchanges).toMatchObject([{ outcome: "INTERNAL" }]);
    });

    it("of a stream without an end is told", async () => {
      client.generate = async function* () {};
      expect((await send("Hi")).ended).toMatchObject({ reason: expect.stringMatching(/without saying why/) });
    });

    it("of memory at the end leaves the reply and says that it is forgotten", async () => {
      store.appendTurn = async () => {
        throw new BotError("MEMORY_UNAVAILABLE", "away");
      };
      client.script({ chunks: ["Hello."] });
      const reply = await send("Hi");
      const text = "Hello.\n\n*My memory cannot be reached just now, so I will not remember this exchange.*";
      expect(reply.text).toBe(text);
      expect(reply.ended).toMatchObject({ type: "finished", end: "complete", text });
    });

    it("of memory at the end of a stopped reply does not write into it", async () => {
      store.appendTurn = async () => {
        throw new BotError("MEMORY_UNAVAILABLE", "away");
      };
      client.script({ chunks: ["Once"], hold: createGate().opened });
      const reply = new FakeReplyHandle();
      reply.onAppend = () => reply.stop();
      await send("Hi", {}, reply);
      expect(reply.text).toBe("Once");
      expect(reply.ended).toMatchObject({ end: "stopped", text: expect.stringMatching(/^Once\n\n\*My memory/) });
    });

    it("of memory at the beginning is told", async () => {
      store.claimEvent = async () => {
        throw new BotError("MEMORY_UNAVAILABLE", "My memory cannot be reached.");
      };
      expect((await send("Hi")).ended).toEqual({ type: "failed", reason: "My memory cannot be reached." });
      expect(client.requests).toEqual([]);
    });

    it("of the platform stops nothing else", async () => {
      await core.handleMessage(message("Hi"), async () => {
        throw new Error("channel deleted");
      });
      const reply = new FakeReplyHandle();
      reply.onAppend = () => {
        throw new Error("channel deleted");
      };
      reply.fail = async () => {
        throw new Error("channel deleted");
      };
      await send("Hi", {}, reply);
      expect((await send("Hi")).ended).toMatchObject({ type: "finished" });
    });

    it("gives the conversation's turn on", async () => {
      client.script({ refusal: new BotError("PROMPT_TOO_LONG", "Too long.") });
      await send("Hi");
      await (await store.takeTurn(conversation, { signal: never }))();
    });
  });

  describe("the transcript", () => {
    it("has each exchange once, with its words and figures", async () => {
      client.script({ chunks: ["Hello."] });
      await send("Hi");
      expect(exchanges).toMatchObject([
        {
          conversation,
          authorId: "u1",
          question: "Hi",
          reply: "Hello.",
          outcome: "complete",
          stats: { model: "fake", queueMs: 1 },
        },
      ]);
    });

    it("goes to the log without anyone's words by default", async () => {
      const lines: string[] = [];
      const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
      client.script({ chunks: ["a secret answer"] });
      const logging = createBotCore({ store, inference: client, logger: log });
      await logging.handleMessage(message("a secret question"), async () => new FakeReplyHandle());
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0]!)).toMatchObject({ outcome: "complete", questionLength: 17, replyLength: 15 });
      expect(lines[0]).not.toMatch(/secret/);
    });
  });
});

import { type Model, ModelState } from "@cria/proto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BotError } from "../port/bot-error.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { chatModel, createTestCore, roundsOf, testConversation, testMessage } from "../testing/test-core.ts";

const unavailable = () => new BotError("SERVICE_UNAVAILABLE", "The model service cannot be reached just now.");

describe("createBotCore when something fails", () => {
  let { client, stores, exchanges, core, send } = createTestCore();
  const start = (models?: readonly Model[]) => {
    ({ client, stores, exchanges, core, send } = createTestCore(models));
  };
  beforeEach(() => start());

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
      expect(await roundsOf(stores)).toHaveLength(1);
    });

    it("starts the reply's text afresh with each try", async () => {
      client.script({ chunks: [" \n"], failure: unavailable() }, { chunks: [" Hello"] });
      const sent = send("Hi");
      await vi.runAllTimersAsync();
      expect((await sent).ended).toMatchObject({ type: "finished", text: "Hello" });
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
      expect((await send("Hi")).ended).toEqual({
        type: "failed",
        reason: "Too long. Shorten it, or choose another with /model.",
      });
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
      expect(await roundsOf(stores)).toEqual([]);
      expect(exchanges).toMatchObject([{ outcome: "SERVICE_UNAVAILABLE", reply: "Once upon" }]);
    });

    it("of another kind in the middle keeps its own sentence", async () => {
      client.script({ chunks: ["Once"], failure: new BotError("DEADLINE_EXCEEDED", "Too slow.") });
      expect((await send("A story")).ended).toEqual({ type: "failed", reason: "Too slow." });
    });

    it("of a model names it and the others", async () => {
      const broken = { ...chatModel, state: ModelState.BROKEN, error: "weights.onnx is cut short" };
      start([broken, fakeModel({ name: "other", isDefault: false })]);
      expect((await send("Hi")).ended).toEqual({
        type: "failed",
        reason: "The model fake cannot be used: weights.onnx is cut short. Choose another with /model.",
      });
    });

    it("to load a model is told", async () => {
      start([{ ...chatModel, state: ModelState.AVAILABLE }]);
      client.loadFailures.push(new BotError("MODEL_BROKEN", "This model cannot be used: no tokenizer."));
      expect((await send("Hi")).ended).toMatchObject({
        reason: "This model cannot be used: no tokenizer. Choose another with /model.",
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
      stores.rounds.append = async () => {
        throw new BotError("MEMORY_UNAVAILABLE", "away");
      };
      client.script({ chunks: ["Hello."] });
      const reply = await send("Hi");
      const text = "Hello.\n\n*My memory cannot be reached just now, so I will not remember this exchange.*";
      expect(reply.text).toBe(text);
      expect(reply.ended).toMatchObject({ type: "finished", end: "complete", text });
      expect(reply.buttons).toBe("none");
    });

    it("of memory at the end of a stopped reply does not write into it", async () => {
      stores.rounds.append = async () => {
        throw new BotError("MEMORY_UNAVAILABLE", "away");
      };
      client.script({ chunks: ["Once"], hold: createGate().opened });
      const reply = new FakeReplyHandle();
      reply.onAppend = () => reply.stop();
      await send("Hi", {}, reply);
      expect(reply.text).toBe("Once");
      expect(reply.ended).toMatchObject({ end: "stopped", text: expect.stringMatching(/^Once\n\n\*My memory/) });
    });

    it("that cannot be kept for another try has no buttons", async () => {
      stores.replies.keep = async () => {
        throw new BotError("MEMORY_UNAVAILABLE", "away");
      };
      client.script({ failure: new BotError("PROMPT_TOO_LONG", "Too long.") });
      expect((await send("Hi")).buttons).toBe("none");
    });

    it("that another try may mend has its buttons", async () => {
      client.script({ failure: new BotError("PROMPT_TOO_LONG", "Too long.") });
      expect((await send("Hi")).buttons).toBe("all");
    });

    it("has its buttons after a reset too", async () => {
      await stores.rounds.reset(testConversation);
      client.script({ failure: new BotError("PROMPT_TOO_LONG", "Too long.") });
      expect((await send("Hi")).buttons).toBe("all");
    });

    it("of a file is not tried again without the file, nor is an empty message", async () => {
      const load = async () => new Uint8Array();
      const attachments = [{ name: "a.png", mimeType: "image/png", sizeBytes: 5, load }];
      expect((await send("", { attachments })).buttons).toBe("none");
      expect((await send("")).buttons).toBe("none");
    });

    it("of memory at the beginning is told", async () => {
      stores.inbox.claim = async () => {
        throw new BotError("MEMORY_UNAVAILABLE", "My memory cannot be reached.");
      };
      expect((await send("Hi")).ended).toEqual({ type: "failed", reason: "My memory cannot be reached." });
      expect(client.requests).toEqual([]);
    });

    it("of the platform stops nothing else", async () => {
      await core.handleMessage(testMessage("Hi"), async () => {
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
      const place = await stores.turns.enter(testConversation, { id: "0-1", replyId: "r0" });
      await place.turn;
      await place.leave();
    });
  });
});

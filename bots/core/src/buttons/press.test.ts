import { FinishReason } from "@cria/proto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { OPEN_ACCESS } from "../admission/access.ts";
import { BotError } from "../port/bot-error.ts";
import type { ReplyAction } from "../port/reply.ts";
import type { Rating } from "../records/feedback.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import {
  chatModel,
  createTestCore,
  lastPrompt,
  roundsOf,
  starting,
  testConversation,
  testPlace,
} from "../testing/test-core.ts";

const ann = { id: "u1", name: "Ann" };
const action = (replyId: string, fields: Partial<ReplyAction> = {}): ReplyAction => ({
  place: testPlace,
  author: ann,
  replyId,
  ...fields,
});

describe("the buttons of a reply", () => {
  const ratings: Rating[] = [];
  const feedback = { rate: async (_: string, rating: Rating) => void ratings.push(rating) };
  let { client, stores, core, send } = createTestCore();
  beforeEach(() => {
    ratings.length = 0;
    ({ client, stores, core, send } = createTestCore([chatModel], { feedback }));
  });
  const regenerate = async (replyId: string) => {
    const reply = new FakeReplyHandle();
    return { reply, refusal: await core.regenerate(action(replyId), starting(reply)) };
  };
  const goOn = async (replyId: string) => {
    const reply = new FakeReplyHandle();
    return { reply, refusal: await core.continueReply(action(replyId), starting(reply)) };
  };
  const assistants = async () => (await roundsOf(stores)).map(({ assistant }) => assistant);

  it("are named by ids that are short, URL-safe and in the order of time", async () => {
    const first = await send("1");
    await vi.waitFor(() => expect(Date.now().toString(36)).not.toBe(first.id.split("-")[0]));
    const second = await send("2");
    expect(first.id).toMatch(/^[\w-]{1,24}$/);
    expect(first.id < second.id).toBe(true);
  });

  describe("Stop", () => {
    it("ends a reply, and what was written is remembered", async () => {
      client.script({ chunks: ["Once"], hold: createGate().opened });
      const reply = new FakeReplyHandle();
      const isWriting = createGate();
      reply.onAppend = isWriting.open;
      const sent = send("A story", {}, reply);
      await isWriting.opened;
      expect(await core.stopReply(action(reply.id))).toBeUndefined();
      await sent;
      expect(reply.ended).toMatchObject({ end: "stopped", text: "Once" });
      expect(await assistants()).toEqual(["Once"]);
    });

    it("without a reply's name ends all that is being answered in the conversation", async () => {
      client.script({ chunks: ["Once"], hold: createGate().opened });
      const reply = new FakeReplyHandle();
      const isWriting = createGate();
      reply.onAppend = isWriting.open;
      const sent = send("A story", {}, reply);
      await isWriting.opened;
      const waiting = new FakeReplyHandle();
      const sentNext = send("Another", {}, waiting);
      await vi.waitFor(() => expect(waiting.statuses).toHaveLength(1));
      await core.stopReply({ place: { ...testPlace, channelId: "random" }, author: ann });
      expect(reply.ended).toBeUndefined();
      expect(await core.stopReply({ place: testPlace, author: ann })).toBeUndefined();
      await Promise.all([sent, sentNext]);
      expect([reply.ended, waiting.ended]).toMatchObject([{ end: "stopped" }, { end: "stopped" }]);
    });

    it("ends whatever is written in a conversation, and nothing of another", async () => {
      client.script({ chunks: ["Once"], hold: createGate().opened });
      const reply = new FakeReplyHandle();
      const isWriting = createGate();
      reply.onAppend = isWriting.open;
      const sent = send("A story", {}, reply);
      await isWriting.opened;
      const { author, place } = action(reply.id);
      await core.stopReply({ author, place: { ...place, channelId: "elsewhere" } });
      expect(reply.ended).toBeUndefined();
      expect(await core.stopReply({ author, place })).toBeUndefined();
      await sent;
      expect(reply.ended).toMatchObject({ end: "stopped", text: "Once" });
    });

    it("does nothing to a reply that has ended or never was", async () => {
      const reply = await send("Hi");
      expect(await core.stopReply(action(reply.id))).toBeUndefined();
      expect(await core.stopReply(action("nothing"))).toBeUndefined();
    });
  });

  describe("Regenerate", () => {
    it("answers the question again, without what followed, in the old reply's place", async () => {
      client.script({ chunks: ["one"] }, { chunks: ["two"] }, { chunks: ["three"] }, { chunks: ["zwei"] });
      await send("1");
      const second = await send("2", { quotes: [{ text: "A text." }] });
      await send("3");
      const { reply, refusal } = await regenerate(second.id);
      expect(refusal).toBeUndefined();
      expect(reply.ended).toMatchObject({ end: "complete", text: "zwei" });
      expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: 1\nAI: one\nHuman: Ann: 2\n\nA text.\nAI:");
      expect(await assistants()).toEqual(["one", "zwei", "three"]);
    });

    it("can be pressed again under the new reply", async () => {
      client.script({ chunks: ["one"] }, { chunks: ["uno"] }, { chunks: ["un"] });
      const first = await send("1");
      await regenerate((await regenerate(first.id)).reply.id);
      expect(await assistants()).toEqual(["un"]);
    });

    it("answers a question that failed", async () => {
      client.script({ refusal: new BotError("PROMPT_TOO_LONG", "Too long.") }, { chunks: ["Hello"] });
      const failed = await send("Hi");
      const { reply } = await regenerate(failed.id);
      expect(reply.ended).toMatchObject({ text: "Hello" });
      expect(await roundsOf(stores)).toMatchObject([{ user: "Hi", assistant: "Hello", author: "Ann" }]);
    });

    it("answers the text of now where the question was edited", async () => {
      const reply = await send("Hi", { messageId: "m1" });
      await core.handleEdit({ place: testPlace, messageId: "m1", text: "Hello" });
      await regenerate(reply.id);
      expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: Hello\nAI:");
    });

    it("pressed twice is answered once, at the same time or later", async () => {
      const first = await send("1");
      client.script({ chunks: ["uno"] }, { chunks: ["un"] });
      const [one, two] = await Promise.all([regenerate(first.id), regenerate(first.id)]);
      expect(one.reply.ended).toMatchObject({ text: "uno" });
      expect([two.refusal, two.reply.ended]).toEqual([expect.stringMatching(/already/), undefined]);
      const later = await regenerate(first.id);
      expect([later.refusal, later.reply.ended]).toEqual([expect.stringMatching(/too old/), undefined]);
      expect((await regenerate(two.reply.id)).refusal).toMatch(/too old/);
      expect(await assistants()).toEqual(["uno"]);
    });

    it("that failed leaves the old reply, and either can be tried again, once", async () => {
      client.script(
        { chunks: ["one"] },
        { refusal: new BotError("PROMPT_TOO_LONG", "Too long.") },
        { chunks: ["uno"] },
      );
      const first = await send("1");
      const failed = await regenerate(first.id);
      expect(await assistants()).toEqual(["one"]);
      await regenerate(failed.reply.id);
      expect((await regenerate(first.id)).refusal).toMatch(/too old/);
      expect((await regenerate(failed.reply.id)).refusal).toMatch(/too old/);
      expect(await assistants()).toEqual(["uno"]);
    });

    it("has nothing to answer after /reset", async () => {
      const first = await send("1");
      const command = { type: "reset" } as const;
      await core.handleCommand({ eventId: "reset", place: testPlace, author: ann, command });
      expect((await regenerate(first.id)).refusal).toMatch(/too old/);
      expect(await assistants()).toEqual([]);
    });

    it("refuses a reply that is no longer kept", async () => {
      const { reply, refusal } = await regenerate("gone");
      expect(refusal).toBe("This reply was replaced or is too old for that; ask again.");
      expect(reply.ended).toBeUndefined();
    });

    it("counts as a message of whoever presses it", async () => {
      ({ client, stores, core, send } = createTestCore([chatModel], { quotaLimits: { userMessagesPerMinute: 1 } }));
      const first = await send("Hi");
      expect((await regenerate(first.id)).refusal).toMatch(/^You have sent 1 message in a minute/);
      const other = action(first.id, { author: { id: "u2", name: "Bob" } });
      expect(await core.regenerate(other, starting(new FakeReplyHandle()))).toBeUndefined();
    });
  });

  describe("Continue", () => {
    it("goes on where the reply was cut, and memory has one round", async () => {
      client.script({ chunks: [" Once upon"], finishReason: FinishReason.MAX_TOKENS }, { chunks: [" a", " time."] });
      const cut = await send("A story");
      const { reply } = await goOn(cut.id);
      expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: A story\nAI: Once upon");
      expect(reply.text).toBe(" a time.");
      expect(reply.ended).toMatchObject({ end: "complete", text: " a time." });
      expect(await assistants()).toEqual(["Once upon a time."]);
    });

    it("is forgotten with either of the two", async () => {
      client.script({ chunks: ["Once"], finishReason: FinishReason.MAX_TOKENS }, { chunks: [" upon"] });
      const cut = await send("A story");
      await goOn(cut.id);
      await core.handleDeletion({ place: testPlace, ids: [cut.id] });
      expect(await assistants()).toEqual([]);
    });

    it("pressed twice goes on once, at the same time or later", async () => {
      client.script(
        { chunks: ["Once"], finishReason: FinishReason.MAX_TOKENS },
        { chunks: [" upon"] },
        { chunks: [" a"] },
      );
      const cut = await send("A story");
      const [one, two] = await Promise.all([goOn(cut.id), goOn(cut.id)]);
      expect(one.reply.ended).toMatchObject({ text: " upon" });
      expect([two.refusal, two.reply.ended]).toEqual([expect.stringMatching(/already/), undefined]);
      expect((await goOn(cut.id)).refusal).toMatch(/too old/);
      expect(await assistants()).toEqual(["Once upon"]);
    });

    it("can be pressed again where the new part was cut too", async () => {
      const cut = { finishReason: FinishReason.MAX_TOKENS };
      client.script({ chunks: ["a"], ...cut }, { chunks: ["b"], ...cut }, { chunks: ["c"] });
      await goOn((await goOn((await send("abc")).id)).reply.id);
      expect(await assistants()).toEqual(["abc"]);
    });

    it("gives each prompt format the reply's beginning as it wants it", async () => {
      const alpaca = fakeModel({ promptFormat: { format: { $case: "alpaca", value: { responseSuffix: "\n" } } } });
      ({ client, stores, core, send } = createTestCore([alpaca]));
      client.script({ chunks: ["Once"], finishReason: FinishReason.MAX_TOKENS });
      await goOn((await send("A story")).id);
      expect(lastPrompt(client)).toMatch(/### Response:\nOnce$/);
      ({ client, stores, core, send } = createTestCore([fakeModel()]));
      client.script({ chunks: [" there"], finishReason: FinishReason.MAX_TOKENS });
      await goOn((await send("Hello")).id);
      expect(lastPrompt(client)).toBe("Ann: Hello there");
    });

    it("refuses a reply that was complete, failed or is gone", async () => {
      client.script({ chunks: ["a"] }, { refusal: new BotError("PROMPT_TOO_LONG", "Too long.") });
      const nothing = "This reply has nothing to go on with.";
      expect((await goOn((await send("1")).id)).refusal).toBe(nothing);
      expect((await goOn((await send("2")).id)).refusal).toBe(nothing);
      expect((await goOn("gone")).refusal).toMatch(/too old/);
    });
  });

  describe("feedback", () => {
    it("is not asked for until an admin switches it on", async () => {
      const reply = await send("Hi");
      expect(await core.wantsFeedback(testPlace)).toBe(false);
      const press = { ...action(reply.id), rating: "up" } as const;
      expect(await core.giveFeedback(press)).toMatch(/off in this workspace/);
      expect(ratings).toEqual([]);
    });

    it("is kept with question, text, reply and model", async () => {
      await stores.settings.update("web:local", { feedback: true });
      client.script({ chunks: ["Hello."] });
      const reply = await send("Hi", { quotes: [{ text: "A text." }] });
      expect(await core.wantsFeedback(testPlace)).toBe(true);
      expect(await core.giveFeedback({ ...action(reply.id), rating: "up" })).toBeUndefined();
      const kept = { question: "Hi", context: "A text.", reply: "Hello.", model: "fake" };
      expect(ratings).toMatchObject([{ ...kept, rating: "up", authorId: "u1", conversation: testConversation }]);
    });

    it("of a reply that is gone says so", async () => {
      await stores.settings.update("web:local", { feedback: true });
      expect(await core.giveFeedback({ ...action("gone"), rating: "down" })).toMatch(/too old/);
    });

    it("is not shown where the workspace's wish cannot be known", async () => {
      stores.settings.get = async () => {
        throw new Error("away");
      };
      expect(await core.wantsFeedback(testPlace)).toBe(false);
    });
  });

  it("are for those alone who may talk to the bot", async () => {
    const access = { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: ["u1"] } };
    ({ core } = createTestCore([chatModel], { access, feedback }));
    const sentence = /not on the list/;
    expect(await core.stopReply(action("r"))).toMatch(sentence);
    expect(await core.giveFeedback({ ...action("r"), rating: "up" })).toMatch(sentence);
  });

  it("tell of a failure that nobody foresaw without its text", async () => {
    stores.replies.get = async () => {
      throw new TypeError("x is not a function");
    };
    expect((await regenerate("r")).refusal).toBe("Something went wrong on my side; the log says what. Try again.");
  });
});

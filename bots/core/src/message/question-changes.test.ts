import { describe, expect, it, vi } from "vitest";
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

const action = (replyId: string) => ({ place: testPlace, author: { id: "u1", name: "Ann" }, replyId });

describe("a question", () => {
  const start = async (options: Parameters<typeof createTestCore>[1] = {}) => {
    const made = createTestCore([chatModel], options);
    made.client.script({ chunks: ["Once"], hold: createGate().opened });
    const reply = new FakeReplyHandle();
    const isWriting = createGate();
    reply.onAppend = isWriting.open;
    const sent = made.send("A story", { messageId: "m1" }, reply);
    await isWriting.opened;
    return { ...made, reply, sent };
  };

  it("that is deleted stops its reply, and nothing is remembered", async () => {
    const { core, stores, reply, sent } = await start();
    await core.handleDeletion({ place: testPlace, ids: ["another"] });
    await core.handleDeletion({ place: { ...testPlace, channelId: "random" }, ids: ["m1"] });
    expect(reply.ended).toBeUndefined();
    await core.handleDeletion({ place: testPlace, ids: ["m1"] });
    await sent;
    expect(reply.ended).toMatchObject({ end: "stopped" });
    expect(await roundsOf(stores)).toEqual([]);
  });

  it("that is deleted while it waits for its turn leaves nothing behind", async () => {
    const { core, stores, exchanges, reply, sent, send } = await start();
    const next = new FakeReplyHandle();
    const sentNext = send("Another", { messageId: "m2" }, next);
    await vi.waitFor(() => expect(next.statuses).toHaveLength(1));
    await core.handleDeletion({ place: testPlace, ids: ["m2"] });
    await sentNext;
    expect(next.ended).toMatchObject({ end: "stopped" });
    expect(await stores.replies.get(testConversation, next.id)).toBeUndefined();
    await core.handleDeletion({ place: testPlace, ids: ["m1"] });
    await sent;
    expect(await stores.replies.get(testConversation, reply.id)).toBeUndefined();
    expect(exchanges).toEqual([]);
  });

  describe("while it is claimed", () => {
    const claiming = () => {
      const made = createTestCore();
      const { inbox } = made.stores;
      const claim = inbox.claim.bind(inbox);
      const isClaimed = createGate();
      inbox.claim = async (entry) => {
        const delivery = await claim(entry);
        await isClaimed.opened;
        return delivery;
      };
      const reply = new FakeReplyHandle();
      return { ...made, isClaimed, reply, sent: made.send("A story", { messageId: "m1" }, reply) };
    };

    it("and deleted is not answered", async () => {
      const { core, client, isClaimed, reply, sent } = claiming();
      await core.handleDeletion({ place: testPlace, ids: ["m1"] });
      isClaimed.open();
      await sent;
      expect(client.requests).toEqual([]);
      expect(reply.ended).toBeUndefined();
    });

    it("and edited is answered in its new words", async () => {
      const { core, stores, isClaimed, sent } = claiming();
      await core.handleEdit({ place: testPlace, messageId: "m1", text: "A tale" });
      isClaimed.open();
      await sent;
      expect(await roundsOf(stores)).toMatchObject([{ user: "A tale" }]);
    });

    it("and stopped is not answered", async () => {
      const { core, client, isClaimed, reply, sent } = claiming();
      await core.stopReply({ place: testPlace, author: { id: "u1", name: "Ann" } });
      isClaimed.open();
      await sent;
      expect(client.requests).toEqual([]);
      expect(reply.ended).toMatchObject({ end: "stopped" });
    });
  });

  it("that is deleted after its answer is forgotten with it, and cannot be answered again", async () => {
    const { client, core, stores, send } = createTestCore();
    const reply = await send("A secret", { messageId: "m1" });
    await send("Hello", { messageId: "m2" });
    await core.handleDeletion({ place: testPlace, ids: ["m1"] });
    expect(await roundsOf(stores)).toMatchObject([{ user: "Hello" }]);
    await send("And now?", { messageId: "m3" });
    expect(lastPrompt(client)).not.toContain("A secret");
    expect(await core.regenerate(action(reply.id), starting(new FakeReplyHandle()))).toMatch(/too old/);
  });

  it("that is deleted in the instant in which its round is remembered is not", async () => {
    const { core, stores, send } = createTestCore();
    const append = stores.rounds.append.bind(stores.rounds);
    stores.rounds.append = async (...args) => {
      await core.handleDeletion({ place: testPlace, ids: ["m1"] });
      return await append(...args);
    };
    await send("A secret", { messageId: "m1" });
    expect(await roundsOf(stores)).toEqual([]);
  });

  it("that is deleted leaves the comparison of it without buttons too", async () => {
    const { core, stores } = createTestCore();
    const keepReply = vi.spyOn(stores.replies, "keep");
    const command = { type: "compare", models: ["fake", "fake"], text: "Why?" } as const;
    const incoming = { eventId: "m1", place: testPlace, author: { id: "u1", name: "Ann" }, command };
    await core.compare(incoming, starting(new FakeReplyHandle()));
    const [, { id }] = keepReply.mock.calls[0]!;
    expect(await stores.replies.get(testConversation, id)).toBeDefined();
    await core.handleDeletion({ place: testPlace, ids: ["m1"] });
    expect(await stores.replies.get(testConversation, id)).toBeUndefined();
  });

  it("that is edited while it is answered is answered anew in the same reply", async () => {
    const { client, core, stores, reply, sent } = await start();
    client.script({ chunks: ["Twice"] });
    await core.handleEdit({ place: testPlace, messageId: "m1", text: " A tale " });
    await sent;
    expect(reply.text).toBe("Twice");
    expect(reply.ended).toMatchObject({ end: "complete", text: "Twice" });
    expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: A tale\nAI:");
    expect(await roundsOf(stores)).toMatchObject([{ user: "A tale", assistant: "Twice" }]);
    expect(await stores.replies.get(testConversation, reply.id)).toMatchObject({ question: "A tale", text: "Twice" });
  });

  it("can be edited again and again, each edit counting as a message", async () => {
    const { client, core, reply, sent } = await start({ quotaLimits: { userMessagesPerMinute: 2 } });
    client.script({ chunks: ["Twice"], hold: createGate().opened });
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "A tale" });
    await vi.waitFor(() => expect(reply.text).toBe("Twice"));
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "A fable" });
    await sent;
    expect(reply.ended).toMatchObject({ reason: expect.stringMatching(/^You have sent 2 messages in a minute/) });
    expect(reply.text).toBe("Twice");
  });

  it("goes on where an edit leaves its words as they are, or leaves none", async () => {
    const { client, core, reply, sent } = await start();
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "A story " });
    await core.handleEdit({ place: testPlace, messageId: "m1", text: " " });
    await core.stopReply(action(reply.id));
    await sent;
    expect(reply.ended).toMatchObject({ end: "stopped", text: "Once" });
    expect(client.requests).toHaveLength(1);
  });

  it("that is edited while it waits for its turn is asked as it is then", async () => {
    const { client, core, reply, sent, send } = await start();
    const next = new FakeReplyHandle();
    const sentNext = send("Another", { messageId: "m2" }, next);
    await vi.waitFor(() => expect(next.statuses).toHaveLength(1));
    await core.handleEdit({ place: testPlace, messageId: "m2", text: "A third" });
    await core.stopReply(action(reply.id));
    await Promise.all([sent, sentNext]);
    expect(next.ended).toMatchObject({ end: "complete", text: "A third" });
    expect(client.requests).toHaveLength(2);
  });

  it("that is edited beyond the limit is told so", async () => {
    const { core, reply, sent } = await start();
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "a".repeat(32_001) });
    await sent;
    expect(reply.ended).toMatchObject({ reason: expect.stringMatching(/32,001 characters/) });
    expect(reply.text).toBe("Once");
  });

  it("keeps its answer where Continue goes on with it, or where its platform cannot take words back", async () => {
    const { client, core, stores, reply, sent } = await start();
    Object.assign(reply, { clear: undefined });
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "A tale" });
    await core.stopReply(action(reply.id));
    await sent;
    client.script({ chunks: [" more"], hold: createGate().opened });
    const goingOn = new FakeReplyHandle();
    const isWriting = createGate();
    goingOn.onAppend = isWriting.open;
    const continued = core.continueReply(action(reply.id), starting(goingOn));
    await isWriting.opened;
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "A fable" });
    await core.stopReply(action(goingOn.id));
    await continued;
    expect(await roundsOf(stores)).toMatchObject([{ user: "A fable", assistant: "Once more" }]);
  });

  it("whose edit or deletion cannot be told to others is no failure", async () => {
    const { core, stores } = createTestCore();
    stores.signals.publish = async () => {
      throw new Error("away");
    };
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "x" });
    await core.handleDeletion({ place: testPlace, ids: ["m1"] });
    expect(await roundsOf(stores)).toEqual([]);
  });
});

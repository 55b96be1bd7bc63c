import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OPEN_ACCESS } from "../admission/access.ts";
import { BotError } from "../port/bot-error.ts";
import type { ClaimedEvent } from "../port/claimed-event.ts";
import type { Command } from "../port/command.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { chatModel, createTestCore, starting, testMessage, testPlace } from "../testing/test-core.ts";

const denying = { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: ["u1"] }, adminCommands: ["reset" as const] };
const ann = { id: "u1", name: "Ann" };
const bob = { id: "u2", name: "Bob" };
const MINUTE_MS = 60_000;
const reset: Command = { type: "reset" };

describe("who is turned away", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("by a list is told so in public once in ten minutes, in each channel", async () => {
    const { send, exchanges } = createTestCore([chatModel], { access: denying });
    const isTold = async (fields = {}) => (await send("Hi", fields)).ended !== undefined;
    expect(await isTold()).toBe(true);
    expect(await isTold()).toBe(false);
    expect(await isTold({ place: { ...testPlace, threadId: "17" } })).toBe(false);
    expect(await isTold({ place: { ...testPlace, channelId: "random" } })).toBe(true);
    expect(exchanges).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(await isTold()).toBe(true);
  });

  it("is told each time directly", async () => {
    const { send } = createTestCore([chatModel], { access: denying });
    const place = { ...testPlace, channelId: "dm", isDirect: true };
    for (let message = 0; message < 3; message++)
      expect((await send("Hi", { place })).ended).toMatchObject({ type: "failed" });
  });

  it("by a quota is told again when that has opened and is used up again", async () => {
    const { send } = createTestCore([chatModel], { quotaLimits: { userMessagesPerMinute: 1 } });
    const sendTwice = async () => [(await send("1")).ended?.type, (await send("2")).ended?.type];
    expect(await sendTwice()).toEqual(["finished", "failed"]);
    expect((await send("3")).ended).toBeUndefined();
    expect((await send("4", { author: bob })).ended).toMatchObject({ type: "finished" });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await sendTwice()).toEqual(["finished", "failed"]);
  });

  it("is told while the store is away", async () => {
    const { send, stores } = createTestCore([chatModel], { access: denying });
    stores.claims.claim = async () => {
      throw new BotError("MEMORY_UNAVAILABLE", "away");
    };
    for (let message = 0; message < 2; message++) expect((await send("Hi")).ended).toMatchObject({ type: "failed" });
  });

  describe("from a command", () => {
    let numEvents = 0;
    /** Does something about a message that is claimed. */
    const claimed = async (
      core: ReturnType<typeof createTestCore>["core"],
      work: (claimed: ClaimedEvent) => unknown,
    ) => {
      let result: unknown;
      const eventId = `said-${numEvents++}`;
      await core.receive({ eventId, messageId: eventId, place: testPlace, raw: "" }, async (event) => {
        result = await work(event);
      });
      return result;
    };

    it("that was said is told so once in a while, of each reason", async () => {
      const { core } = createTestCore([chatModel], { access: { ...denying, deny: OPEN_ACCESS.deny } });
      const say = (command: Command, author = ann) =>
        claimed(core, (event) => event.runCommand({ place: testPlace, author, command }));
      expect(await say(reset)).toMatch(/Only admins may use `\/reset`/);
      expect(await say(reset)).toBeUndefined();
      expect(await say(reset, bob)).toMatch(/Only admins may use/);
      expect(await say({ type: "feedback", isOn: true })).toMatch(/Only admins may switch feedback/);
    });

    it("that is none is told so, and what is wrong with it only to those who may talk to the bot", async () => {
      const { core } = createTestCore([chatModel], { access: denying });
      const command = { error: "There is no command `/x`.", nearMatches: [] };
      const say = (author: typeof ann) =>
        claimed(core, (event) => event.runCommand({ place: testPlace, author, command }));
      expect(await say(bob)).toBe(command.error);
      expect(await say(ann)).toMatch(/not on the list/);
      expect(await say(ann)).toBeUndefined();
      expect(await say(bob)).toBe(command.error);
    });

    it("that compares is told so once in a while", async () => {
      const { core } = createTestCore([chatModel, { ...chatModel, name: "big" }], { access: denying });
      const command: Command = { type: "compare", models: ["fake", "big"], text: "Why?" };
      const say = () =>
        claimed(core, (event) =>
          event.compare({ place: testPlace, author: ann, command }, starting(new FakeReplyHandle())),
        );
      expect(await say()).toMatch(/not on the list/);
      expect(await say()).toBeUndefined();
    });

    it("is told each time where it alone hears it", async () => {
      const { core } = createTestCore([chatModel], { access: denying });
      const run = () =>
        core.handleCommand({ eventId: `${numEvents++}`, place: testPlace, author: ann, command: reset });
      expect(await run()).toMatch(/not on the list/);
      expect(await run()).toMatch(/not on the list/);
      const heard: string[] = [];
      const refuse = async (sentence: string) => void heard.push(sentence);
      const say = () =>
        claimed(core, (event) => event.runCommand({ place: testPlace, author: ann, command: reset }, refuse));
      await say();
      await say();
      expect(heard).toHaveLength(2);
    });
  });
});

describe("quotas", () => {
  const limits = { quotaLimits: { userMessagesPerMinute: 3 } };
  const numLeft = async (send: ReturnType<typeof createTestCore>["send"]) => {
    let left = 0;
    while ((await send("Hi", { author: bob })).ended?.type === "finished") left++;
    return left;
  };

  it("count no message that failed by the service's fault", async () => {
    const { send, client } = createTestCore([chatModel], limits);
    client.script(
      { failure: new BotError("DEADLINE_EXCEEDED") },
      { chunks: ["Half"], failure: new BotError("INTERNAL") },
    );
    await send("1", { author: bob });
    await send("2", { author: bob });
    expect(await numLeft(send)).toBe(3);
  });

  it("count one that asked for what cannot be", async () => {
    const { send, client } = createTestCore([chatModel], limits);
    client.script({ refusal: new BotError("PROMPT_TOO_LONG") }, { refusal: new BotError("INVALID_ARGUMENT", "No.") });
    await send("1", { author: bob });
    await send("2", { author: bob });
    expect(await numLeft(send)).toBe(1);
  });

  it("count a comparison as two, or as one where one of its answers failed by the service's fault", async () => {
    const { core, send, client } = createTestCore([chatModel, { ...chatModel, name: "big" }], limits);
    const command: Command = { type: "compare", models: ["fake", "big"], text: "Why?" };
    const compare = async (eventId: string) =>
      await core.compare({ eventId, place: testPlace, author: bob, command }, async () => new FakeReplyHandle());
    client.script({ failure: new BotError("DEADLINE_EXCEEDED") });
    expect(await compare("c1")).toBeUndefined();
    expect(await compare("c2")).toBeUndefined();
    expect(await compare("c3")).toMatch(/^A comparison counts as 2 messages/);
    expect(await numLeft(send)).toBe(0);
  });

  it("count no message whose reply a platform does not begin", async () => {
    const { core, send } = createTestCore([chatModel], limits);
    await core.handleMessage(testMessage("Hi", { author: bob }), () => Promise.reject(new Error("no such channel")));
    expect(await numLeft(send)).toBe(3);
  });

  it("count a message once that was edited and failed by the service's fault", async () => {
    const { core, send, client } = createTestCore([chatModel], limits);
    const reply = new FakeReplyHandle();
    const isWriting = createGate();
    reply.onAppend = isWriting.open;
    client.script({ chunks: ["Once"], hold: createGate().opened }, { failure: new BotError("DEADLINE_EXCEEDED") });
    const sent = send("A story", { author: bob, messageId: "m1" }, reply);
    await isWriting.opened;
    await core.handleEdit({ place: testPlace, messageId: "m1", text: "A tale" });
    await sent;
    expect(reply.ended).toMatchObject({ type: "failed" });
    expect(await numLeft(send)).toBe(3);
  });

  it("count no comparison that cannot be claimed", async () => {
    const { core, stores, send } = createTestCore([chatModel, { ...chatModel, name: "big" }], limits);
    const command: Command = { type: "compare", models: ["fake", "big"], text: "Why?" };
    const { claim } = stores.inbox;
    stores.inbox.claim = () => Promise.reject(new BotError("MEMORY_UNAVAILABLE"));
    await core.compare({ eventId: "c1", place: testPlace, author: bob, command }, async () => new FakeReplyHandle());
    stores.inbox.claim = claim.bind(stores.inbox);
    expect(await numLeft(send)).toBe(3);
  });

  it("count no press that failed by the service's fault", async () => {
    const { core, send, client } = createTestCore([chatModel], limits);
    const { id: replyId } = await send("1", { author: bob });
    client.script({ failure: new BotError("DEADLINE_EXCEEDED") });
    await core.regenerate({ place: testPlace, author: bob, replyId }, starting(new FakeReplyHandle()));
    expect(await numLeft(send)).toBe(2);
  });
});

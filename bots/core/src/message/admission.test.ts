import { describe, expect, it, vi } from "vitest";
import { OPEN_ACCESS } from "../admission/access.ts";
import { BotError } from "../port/bot-error.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { chatModel, createTestCore, lastPrompt, roundsOf, testPlace } from "../testing/test-core.ts";

const denying = { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: ["u1"] } };

describe("a message", () => {
  it("of someone who may not talk to the bot is told so and costs nothing", async () => {
    const { send, client, exchanges } = createTestCore([chatModel], { access: denying });
    expect((await send("Hi")).ended).toMatchObject({
      type: "failed",
      reason: expect.stringMatching(/not on the list/),
    });
    expect((await send("Hi", { author: { id: "u2", name: "Bob" } })).ended).toMatchObject({ type: "finished" });
    expect(client.requests).toHaveLength(1);
    expect(exchanges[0]).toMatchObject({ outcome: "ACCESS_DENIED", authorId: "u1" });
  });

  it("beyond the messages of a minute is told when to come back", async () => {
    const { send, client } = createTestCore([chatModel], { quotaLimits: { userMessagesPerMinute: 2 } });
    await send("1");
    await send("2");
    expect((await send("3")).ended).toEqual({
      type: "failed",
      reason: expect.stringMatching(/^You have sent 2 messages in a minute, as many as I take\. Try again in \d+ s\.$/),
    });
    expect(client.requests).toHaveLength(2);
  });

  it.each([
    ["lists", { access: denying }],
    ["quotas", { quotaLimits: { userMessagesPerMinute: 1 } }],
  ])("that does not name the bot is left unanswered where %s keep it from being answered", async (_, limits) => {
    const { send, stores } = createTestCore([chatModel], limits);
    const ended = vi.fn();
    const claim = stores.inbox.claim.bind(stores.inbox);
    stores.inbox.claim = async (entry) => {
      const delivery = await claim(entry);
      return delivery && Object.assign(delivery, { end: async () => ended() });
    };
    expect((await send("To the bot")).ended).toBeDefined();
    expect((await send("To others", { isOverheard: true })).ended).toBeUndefined();
    expect(ended).toHaveBeenCalledTimes(2);
  });

  it("that does not name the bot is counted once", async () => {
    const { send } = createTestCore([chatModel], { quotaLimits: { userMessagesPerMinute: 2 } });
    expect((await send("1", { isOverheard: true })).ended).toMatchObject({ type: "finished" });
    expect((await send("2", { isOverheard: true })).ended).toMatchObject({ type: "finished" });
  });

  it("after the tokens of the day are used is told so", async () => {
    const { send } = createTestCore([chatModel], { quotaLimits: { workspaceTokensPerDay: 14 } });
    expect((await send("1")).ended).toMatchObject({ type: "finished" }); // 12 and 2 tokens.
    expect((await send("2", { author: { id: "u2", name: "Bob" } })).ended).toMatchObject({
      reason: expect.stringMatching(/^This workspace has used its 14 tokens for the day\. Try again in 24 hours\.$/),
    });
  });

  it.each([
    ["someone stops", { hold: createGate().opened }],
    ["the service breaks off", { failure: new BotError("SERVICE_UNAVAILABLE", "Away.") }],
  ])("whose reply %s has used its tokens all the same", async (_, end) => {
    const { send, client, core } = createTestCore([chatModel], { quotaLimits: { userTokensPerDay: 14 } });
    client.script({ chunks: ["Once", " upon"], ...end });
    const reply = new FakeReplyHandle();
    const author = { id: "u1", name: "Ann" };
    reply.onAppend = (text) => {
      if (text.endsWith("upon")) void core.stopReply({ place: testPlace, author, replyId: reply.id });
    };
    await send("A story", {}, reply);
    expect((await send("2")).ended).toMatchObject({ reason: expect.stringMatching(/^You have used your 14 tokens/) });
  });

  it("with a text file is about its text", async () => {
    const { send, client } = createTestCore();
    const load = async () => new TextEncoder().encode("A long text.");
    await send("Sum up", { attachments: [{ name: "a.txt", mimeType: "text/plain", sizeBytes: 12, load }] });
    expect(lastPrompt(client)).toBe("A talk.\n\nHuman: Ann: Sum up\n\nA long text.\nAI:");
  });

  it("with a slow file keeps its place before the next", async () => {
    const { send, stores } = createTestCore();
    const file = createGate();
    const load = async () => {
      await file.opened;
      return new TextEncoder().encode("A text.");
    };
    const attachments = [{ name: "a.txt", mimeType: "text/plain", sizeBytes: 7, load }];
    const slow = send("First", { attachments });
    const fast = send("Second");
    file.open();
    await Promise.all([slow, fast]);
    expect((await roundsOf(stores, "web:local:general")).map(({ user }) => user)).toEqual(["First", "Second"]);
  });

  it("with a text file and a picture is about the text, and its reply says that the picture was left out", async () => {
    const { send, client, stores } = createTestCore();
    const load = async () => new TextEncoder().encode("A long text.");
    const picture = { name: "cat.png", mimeType: "image/png", sizeBytes: 5, load };
    client.script({ chunks: ["Short."] });
    const { ended } = await send("Sum up", {
      attachments: [picture, { ...picture, name: "a.txt", mimeType: "text/plain" }],
    });
    expect(lastPrompt(client)).toContain("A long text.");
    const note = "*I can only read text files, so I left `cat.png` out.*";
    expect(ended).toMatchObject({ type: "finished", text: `Short.\n\n${note}` });
    expect((await roundsOf(stores, "web:local:general")).map(({ assistant }) => assistant)).toEqual(["Short."]);
  });

  it("of a picture alone is refused with a sentence", async () => {
    const { send, client } = createTestCore();
    const load = async () => new Uint8Array();
    const reply = await send("", {
      attachments: [{ name: "cat.png", mimeType: "image/png", sizeBytes: 5, load }],
    });
    expect(reply.ended).toMatchObject({ type: "failed", reason: expect.stringMatching(/^I can only read text files/) });
    expect(client.requests).toEqual([]);
  });
});

describe("a command", () => {
  const author = { id: "u1", name: "Ann" };

  it("of someone who may not talk to the bot is refused", async () => {
    const { core } = createTestCore([chatModel], { access: denying });
    const answer = await core.handleCommand({ eventId: "1", place: testPlace, author, command: { type: "help" } });
    expect(answer).toMatch(/not on the list/);
  });

  it("that cannot be run is told of as the platform wants it", async () => {
    const { core } = createTestCore();
    const refusals: string[] = [];
    const refuse = async (sentence: string) => {
      refusals.push(sentence);
      return undefined;
    };
    const run = (eventId: string, name: string) =>
      core.handleCommand({ eventId, place: testPlace, author, command: { type: "model", name } }, refuse);
    expect(await run("1", "fkae")).toBeUndefined();
    expect(refusals).toEqual([expect.stringMatching(/no model "fkae"/)]);
    expect(await run("2", "fake")).toMatch(/answers here/);
    expect(refusals).toHaveLength(1);
  });

  it("that a platform answers itself is claimed once, by someone who may talk to the bot", async () => {
    const { core } = createTestCore([chatModel], { access: denying });
    const event = (eventId: string, id: string) => ({ eventId, place: testPlace, author: { id, name: id } });
    expect(await core.claim(event("1", "u2"))).toEqual({ type: "claimed" });
    expect(await core.claim(event("1", "u2"))).toEqual({ type: "taken" });
    expect(await core.claim(event("2", "u1"))).toEqual({
      type: "refused",
      sentence: expect.stringMatching(/not on the list/),
    });
  });

  it("for admins is refused to others and changes nothing", async () => {
    const access = { ...OPEN_ACCESS, adminCommands: ["model"] as const };
    const { core, stores } = createTestCore([chatModel], { access });
    const command = { type: "model", name: "fake" } as const;
    expect(await core.handleCommand({ eventId: "1", place: testPlace, author, command })).toMatch(/^Only admins/);
    expect(await stores.settings.get("web:local:general")).toEqual({});
    const admin = { ...author, isAdmin: true };
    expect(await core.handleCommand({ eventId: "2", place: testPlace, author: admin, command })).toMatch(
      /answers here/,
    );
  });

  it("delivered twice is answered once", async () => {
    const { core } = createTestCore();
    const twice = { eventId: "1", place: testPlace, author, command: { type: "help" } } as const;
    expect(await core.handleCommand(twice)).toMatch(/Commands:/);
    expect(await core.handleCommand(twice)).toBeUndefined();
  });
});

import { ModelState } from "@cria/proto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { OPEN_ACCESS } from "../admission/access.ts";
import { BotError } from "../port/bot-error.ts";
import type { IncomingCommand } from "../port/incoming-command.ts";
import type { StartReply } from "../port/reply.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { createTestCore, roundsOf, starting, testConversation, testMessage, testPlace } from "../testing/test-core.ts";

const models = [
  fakeModel({ name: "big", isDefault: false }),
  fakeModel({ name: "small" }),
  fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN, error: "No tokenizer." }),
];

describe("compare", () => {
  let { client, stores, core, exchanges } = createTestCore(models);
  beforeEach(() => {
    ({ client, stores, core, exchanges } = createTestCore(models));
  });
  let numEvents = 0;
  const command = (
    names: readonly [string, string] = ["big", "small"],
    eventId = `${numEvents++}`,
  ): IncomingCommand => ({
    eventId,
    place: testPlace,
    author: { id: "u1", name: "Ann" },
    command: { type: "compare", models: names, text: "Who are you?" },
  });
  const compare = async (incoming: IncomingCommand) => {
    const replies = [new FakeReplyHandle(), new FakeReplyHandle()];
    let started = 0;
    const refusal = await core.compare(incoming, (...begun) => starting(replies[started++]!)(...begun));
    return { replies, refusal };
  };

  it("lets both models answer, each under its name, in the order asked for", async () => {
    client.script({ chunks: ["I am big."] }, { chunks: ["I am small."] });
    const { replies, refusal } = await compare(command());
    expect(refusal).toBeUndefined();
    expect(replies.map(({ text }) => text)).toEqual(["**big**\n\nI am big.", "**small**\n\nI am small."]);
    expect(replies.map(({ ended }) => ended)).toMatchObject([
      { end: "complete", text: "**big**\n\nI am big." },
      { end: "complete", text: "**small**\n\nI am small." },
    ]);
    expect(client.requests.map(({ model }) => model)).toEqual(["big", "small"]);
    expect(client.requests.map(({ tenant }) => tenant)).toEqual(["web:local:u1", "web:local:u1"]);
    expect(exchanges).toMatchObject([{ stats: { model: "big" } }, { stats: { model: "small" } }]);
  });

  it("remembers neither, keeps both for feedback, and lets neither be regenerated", async () => {
    const { replies } = await compare(command());
    expect(await roundsOf(stores)).toEqual([]);
    expect(await stores.replies.get(testConversation, replies[0]!.id)).toMatchObject({
      model: "big",
      isCompared: true,
    });
    expect(replies.map(({ buttons }) => buttons)).toEqual(["rating", "rating"]);
    const action = { place: testPlace, author: { id: "u1", name: "Ann" }, replyId: replies[0]!.id };
    expect(await core.regenerate(action, starting(new FakeReplyHandle()))).toMatch(/was a comparison/);
    expect(await core.continueReply(action, starting(new FakeReplyHandle()))).toMatch(/was a comparison/);
  });

  it("tells of the one that failed under its name and lets the other end", async () => {
    client.script({ refusal: new BotError("PROMPT_TOO_LONG", "Too long.") }, { chunks: ["I am small."] });
    const { replies } = await compare(command());
    expect(replies.map(({ ended }) => ended)).toMatchObject([
      { type: "failed", reason: "**big**\n\nToo long. Shorten it, or choose another with /model." },
      { type: "finished", text: "**small**\n\nI am small." },
    ]);
  });

  it("refuses an unknown or broken model before anything is started", async () => {
    const unknown = await compare(command(["bg", "small"]));
    expect(unknown.refusal).toBe('There is no model "bg"; there is big. Choose another with /model.');
    expect((await compare(command(["small", "broken"]))).refusal).toMatch(/broken cannot be used: No tokenizer/);
    expect(unknown.replies[0]!.id).toBe("");
    expect(client.requests).toEqual([]);
  });

  it("takes no question that is too long for a message", async () => {
    const long = command();
    const text = "a".repeat(32_001);
    const { refusal } = await compare({ ...long, command: { ...long.command, text } as typeof long.command });
    expect(refusal).toMatch(/32,001 characters/);
    expect(client.requests).toEqual([]);
  });

  it("ends the first reply where the second cannot begin", async () => {
    const first = new FakeReplyHandle();
    let started = 0;
    const starts: StartReply = async (...begun) => {
      if (started++ > 0) throw new Error("channel deleted");
      return await starting(first)(...begun);
    };
    expect(await core.compare(command(), starts)).toMatch(/Something went wrong/);
    expect(first.ended).toMatchObject({ reason: expect.stringMatching(/The other reply could not begin/) });
    expect(client.requests).toEqual([]);
  });

  it("can be stopped as soon as its first reply has begun", async () => {
    const replies = [new FakeReplyHandle(), new FakeReplyHandle()];
    let started = 0;
    await core.compare(command(), async (...begun) => {
      const reply = await starting(replies[started++]!)(...begun);
      if (started === 1) await core.stopReply({ place: testPlace, author: { id: "u1", name: "Ann" } });
      return reply;
    });
    expect(replies.map(({ ended }) => ended)).toMatchObject([{ end: "stopped" }, { end: "stopped" }]);
  });

  /** What happens while both replies are claimed. */
  const whileClaimed = (happens: () => Promise<unknown>) => {
    const claim = stores.inbox.claim.bind(stores.inbox);
    stores.inbox.claim = async (entry) => {
      const delivery = await claim(entry);
      await happens();
      return delivery;
    };
  };

  it("that is stopped before its replies begin ends both without words", async () => {
    whileClaimed(() => core.stopReply({ place: testPlace, author: { id: "u1", name: "Ann" } }));
    const { replies } = await compare(command());
    expect(replies.map(({ ended }) => ended)).toMatchObject([{ end: "stopped" }, { end: "stopped" }]);
    expect(replies.map(({ text }) => text)).toEqual(["", ""]);
  });

  it("of a question that is deleted before its replies begin begins none, and counts for nothing", async () => {
    ({ stores, core } = createTestCore(models, { quotaLimits: { userMessagesPerMinute: 2 } }));
    const asked = command();
    whileClaimed(() => core.handleDeletion({ place: testPlace, ids: [asked.eventId] }));
    const { replies, refusal } = await compare(asked);
    expect(refusal).toBeUndefined();
    expect(replies.map(({ id }) => id)).toEqual(["", ""]);
    expect((await compare(command())).refusal).toBeUndefined();
  });

  it("in a message that is deleted before it is read begins no reply", async () => {
    const { eventId, ...asked } = command();
    const start = vi.fn(starting(new FakeReplyHandle()));
    await core.receive({ eventId, messageId: eventId, place: testPlace, raw: "" }, async (claimed) => {
      await core.handleDeletion({ place: testPlace, ids: [eventId] });
      await claimed.compare(asked, start);
    });
    expect(start).not.toHaveBeenCalled();
  });

  it("of a question that is deleted keeps neither reply", async () => {
    const asked = command();
    client.script({ hold: createGate().opened }, { hold: createGate().opened });
    const comparing = compare(asked);
    await vi.waitFor(() => expect(client.requests).toHaveLength(2));
    await core.handleDeletion({ place: testPlace, ids: [asked.eventId] });
    const { replies } = await comparing;
    expect(await stores.replies.get(testConversation, replies[0]!.id)).toBeUndefined();
    expect(exchanges).toEqual([]);
  });

  it("keeps its question where the message of the command is edited meanwhile", async () => {
    const asked = command();
    client.script({ hold: createGate().opened }, { hold: createGate().opened });
    const comparing = compare(asked);
    await vi.waitFor(() => expect(client.requests).toHaveLength(2));
    await core.handleEdit({ place: testPlace, messageId: asked.eventId, text: "/compare big small Why not?" });
    await core.stopReply({ place: testPlace, author: { id: "u1", name: "Ann" } });
    const { replies } = await comparing;
    expect(await stores.replies.get(testConversation, replies[0]!.id)).toMatchObject({ question: "Who are you?" });
  });

  it("leaves nothing pending where one of the two cannot be claimed", async () => {
    const ended = vi.fn();
    const claim = stores.inbox.claim.bind(stores.inbox);
    let claims = 0;
    stores.inbox.claim = async (entry) => {
      if (claims++ > 0) throw new BotError("MEMORY_UNAVAILABLE", "My memory cannot be reached.");
      const delivery = (await claim(entry))!;
      return Object.assign(delivery, { end: async () => ended() });
    };
    expect((await compare(command())).refusal).toBe("My memory cannot be reached.");
    expect(ended).toHaveBeenCalledOnce();
  });

  it("in a message keeps nobody waiting", async () => {
    const hold = createGate();
    client.script(...[1, 2].map(() => ({ chunks: ["Once"], hold: hold.opened })));
    const { eventId, ...asked } = command();
    const comparing = core.receive(
      { eventId, messageId: eventId, place: testPlace, raw: "" },
      async (claimed) => void (await claimed.compare(asked, starting(new FakeReplyHandle()))),
    );
    await vi.waitFor(() => expect(client.requests).toHaveLength(2));
    const reply = new FakeReplyHandle();
    await core.handleMessage(testMessage("Hi"), starting(reply));
    expect(reply.ended).toMatchObject({ end: "complete" });
    expect(reply.statuses).not.toContainEqual(expect.objectContaining({ type: "queued" }));
    hold.open();
    await comparing;
  });

  it("delivered twice is answered once, whichever way", async () => {
    const twice = command();
    await compare(twice);
    expect((await compare(twice)).replies[0]!.ended).toBeUndefined();
    expect(await core.handleCommand(twice)).toBeUndefined();
    expect(client.requests).toHaveLength(2);
  });

  it("may be kept for admins", async () => {
    ({ core } = createTestCore(models, { access: { ...OPEN_ACCESS, adminCommands: ["compare"] } }));
    expect((await compare(command())).refusal).toBe("Only admins may use `/compare` to change something here.");
  });

  it("is refused for other commands by its type", async () => {
    const help: IncomingCommand = { ...command(), command: { type: "help" } };
    await expect(core.compare(help, async () => new FakeReplyHandle())).rejects.toThrow(
      "compare was given the command help",
    );
  });
});

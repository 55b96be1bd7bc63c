import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OPEN_ACCESS } from "../admission/access.ts";
import { createBotCore } from "../bot-core.ts";
import { BotError } from "../port/bot-error.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import {
  chatModel,
  createTestCore,
  lastPrompt,
  starting,
  testConversation,
  testMessage,
  testPlace,
} from "../testing/test-core.ts";

const action = (replyId: string) => ({ place: testPlace, author: { id: "u1", name: "Ann" }, replyId });

describe("buttons that answer again", () => {
  let { client, stores, core, send } = createTestCore();
  beforeEach(() => {
    ({ client, stores, core, send } = createTestCore());
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const regenerate = async (replyId: string) => {
    const reply = new FakeReplyHandle();
    return { reply, refusal: await core.regenerate(action(replyId), starting(reply)) };
  };

  it("do not let someone who is denied be answered by way of another's press", async () => {
    const bob = { id: "u2", name: "Bob" };
    const reply = await send("Hi", { author: bob });
    const access = { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: [bob.id] } };
    const denying = createBotCore({ stores, inference: client, logger: pino({ level: "silent" }), access });
    const again = await denying.regenerate(action(reply.id), starting(new FakeReplyHandle()));
    expect(again).toMatch(/^Whoever asked this may not/);
    const refused = new FakeReplyHandle();
    await denying.handleMessage(testMessage("Hi", { author: bob }), starting(refused));
    expect(refused.buttons).toBe("none");
    expect(await denying.regenerate(action(refused.id), starting(new FakeReplyHandle()))).toMatch(/too old/);
    expect(client.requests).toHaveLength(1);
  });

  it("know who asked at first, whoever pressed since", async () => {
    const reply = await send("Hi", { author: { id: "u2", name: "Bob", roleIds: ["guests"] } });
    const { reply: again } = await regenerate(reply.id);
    expect((await stores.replies.get(testConversation, again.id))?.asker).toEqual({ id: "u2", roleIds: ["guests"] });
  });

  it("tell the person alone of a second press while the first is under way", async () => {
    const reply = await send("Hi");
    const gate = createGate();
    client.script({ chunks: ["Again"], hold: gate.opened });
    const first = regenerate(reply.id);
    await vi.waitFor(() => expect(client.requests).toHaveLength(2));
    const second = await regenerate(reply.id);
    expect(second.refusal).toMatch(/already/);
    expect(second.reply.ended).toBeUndefined();
    gate.open();
    expect((await first).reply.ended).toMatchObject({ text: "Again" });
  });

  it("tell the person alone of a second press that another process hears, until the first has ended", async () => {
    const reply = await send("Hi");
    const gate = createGate();
    client.script({ chunks: ["Begun"], hold: gate.opened, failure: new BotError("INTERNAL", "Broken.") });
    const first = regenerate(reply.id);
    await vi.waitFor(() => expect(client.requests).toHaveLength(2));
    const other = createBotCore({ stores, inference: client, logger: pino({ level: "silent" }) });
    const second = new FakeReplyHandle();
    expect(await other.regenerate(action(reply.id), starting(second))).toMatch(/already/);
    expect(await other.continueReply(action(reply.id), starting(second))).toMatch(/nothing to go on with/);
    expect(second.id).toBe("");
    gate.open();
    expect((await first).reply.ended).toMatchObject({ type: "failed" });
    expect(await other.regenerate(action(reply.id), starting(second))).toBeUndefined();
    expect(second.ended).toMatchObject({ type: "finished" });
  });

  it("count a press that is refused for nothing", async () => {
    ({ client, stores, core, send } = createTestCore([chatModel], { quotaLimits: { userMessagesPerMinute: 3 } }));
    const reply = await send("Hi");
    const gate = createGate();
    client.script({ chunks: ["Again"], hold: gate.opened });
    const first = regenerate(reply.id);
    await vi.waitFor(() => expect(client.requests).toHaveLength(2));
    expect((await regenerate(reply.id)).refusal).toMatch(/already/);
    gate.open();
    await first;
    expect((await send("Bye")).ended).toMatchObject({ type: "finished" });
  });

  it("can be pressed again after a press beyond the quota", async () => {
    vi.useFakeTimers();
    ({ client, stores, core, send } = createTestCore([chatModel], { quotaLimits: { userMessagesPerMinute: 1 } }));
    const reply = await send("Hi");
    expect((await regenerate(reply.id)).refusal).toMatch(/^You have sent 1 message in a minute/);
    vi.advanceTimersByTime(60_000);
    expect((await regenerate(reply.id)).reply.ended).toMatchObject({ type: "finished" });
  });

  it("know that the first press is under way however long it takes", async () => {
    vi.useFakeTimers();
    const reply = await send("Hi");
    const gate = createGate();
    client.script({ chunks: ["Again"], hold: gate.opened });
    const first = regenerate(reply.id);
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    expect((await regenerate(reply.id)).refusal).toMatch(/already/);
    gate.open();
    expect((await first).reply.ended).toMatchObject({ text: "Again" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("answer a message without words again by what it is about", async () => {
    const reply = new FakeReplyHandle();
    reply.shownIn = ["m7"];
    await send("", { quotes: [{ text: "A long story." }] }, reply);
    await regenerate(reply.id);
    expect(lastPrompt(client)).toContain("A long story.");
    expect(await stores.replies.get(testConversation, reply.id)).toBeUndefined();
  });

  it("are not there where the reply ended before what the question is about was read", async () => {
    ({ client, core, send } = createTestCore([chatModel], { quotaLimits: { userMessagesPerMinute: 0 } }));
    const place = { ...testPlace, isDirect: true };
    expect((await send("Sum up", { place, quotes: [{ text: "A long story." }] })).buttons).toBe("none");
    expect((await send("Hi", { place })).buttons).toBe("all");
  });

  it("can be pressed again where the platform did not take the new reply", async () => {
    const reply = await send("Hi");
    const refuse = async () => {
      throw new Error("the channel is gone");
    };
    expect(await core.regenerate(action(reply.id), refuse)).toMatch(/Something went wrong/);
    expect((await regenerate(reply.id)).reply.ended).toMatchObject({ type: "finished" });
  });
});

import { FinishReason } from "@cria/proto";
import { describe, expect, it } from "vitest";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createTestCore, lastPrompt, roundsOf, starting, testPlace } from "../testing/test-core.ts";

/** As templates of models that think: the prompt begins the thought. */
const TEMPLATE =
  "{% for message in messages %}<{{ message.role }}>{{ message.content }}\n{% endfor %}<assistant><think>";
const thinker = fakeModel({ promptFormat: { format: { $case: "chatTemplate", value: { template: TEMPLATE } } } });

describe("what a model thinks", () => {
  it("is not shown but counted, and never shown to the model again", async () => {
    const { client, stores, send } = createTestCore();
    client.script({ chunks: [" <think>Two", " and two.</think>", "\n\nFour."] }, { chunks: ["Indeed."] });
    const reply = await send("What is 2 + 2?");
    expect(reply.text).toBe("Four.");
    expect(reply.statuses.at(-1)).toEqual({ type: "thinking" });
    expect(reply.ended).toMatchObject({ text: "Four.", stats: { thoughtWords: 3 } });
    expect(await roundsOf(stores)).toMatchObject([{ assistant: "Four." }]);
    await send("Sure?");
    expect(lastPrompt(client)).not.toMatch(/think|Two/);
  });

  it("may be begun by the prompt", async () => {
    const { client, send } = createTestCore([thinker]);
    client.script({ chunks: ["Two and two.\n", "</think>\n\n", "Four."] });
    const reply = await send("What is 2 + 2?");
    expect(reply.text).toBe("Four.");
    expect(reply.statuses.at(-1)).toEqual({ type: "thinking" });
  });

  it("is over where Continue goes on with the answer", async () => {
    const { client, core, send } = createTestCore([thinker], { persona: "" });
    const cut = { chunks: ["Hm.</think>Four, and"], finishReason: FinishReason.MAX_TOKENS };
    client.script(cut, { chunks: [" five."] });
    const { id: replyId } = await send("What is 2 + 2?");
    const rest = new FakeReplyHandle();
    await core.continueReply({ place: testPlace, author: { id: "u1", name: "Ann" }, replyId }, starting(rest));
    expect(lastPrompt(client)).toBe("<user>Ann: What is 2 + 2?\n<assistant><think>\n</think>\n\nFour, and");
    expect(rest.text).toBe(" five.");
  });

  it("is no answer where nothing follows", async () => {
    const { client, send } = createTestCore();
    client.script({ chunks: ["<think>Two and"], finishReason: FinishReason.MAX_TOKENS });
    expect((await send("What is 2 + 2?")).ended).toEqual({
      type: "failed",
      reason: "The model thought for 2 words and came to no answer. Ask again, or for less.",
    });
  });

  it("leaves nothing where it is stopped", async () => {
    const { client, stores, send } = createTestCore();
    client.script({ chunks: ["<think>Two and"], hold: new Promise(() => undefined) });
    const reply = new FakeReplyHandle();
    const stop = reply.status.bind(reply);
    reply.status = async (status) => {
      await stop(status);
      if (status.type === "thinking") reply.stop();
    };
    await send("What is 2 + 2?", {}, reply);
    expect(reply.ended).toMatchObject({ end: "stopped", text: "" });
    expect(await roundsOf(stores)).toEqual([]);
  });
});

import { type Model, ModelState } from "@cria/proto";
import { beforeEach, describe, expect, it } from "vitest";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import {
  chatModel,
  createTestCore,
  lastPrompt,
  roundsOf,
  starting,
  testConversation,
  testPlace,
} from "../testing/test-core.ts";

describe("a reply", () => {
  let { client, core, stores, send } = createTestCore();
  const start = (models?: readonly Model[]) => {
    ({ client, core, stores, send } = createTestCore(models));
  };
  beforeEach(() => start());

  it("may be as long as the model's folder says, else as is configured", async () => {
    const asked = () => client.requests.at(-1)?.stopping?.maxTokens;
    await send("Hi");
    expect(asked()).toBe(1_024);
    start([{ ...chatModel, hasOwnMaxTokens: true }]);
    await send("Hi");
    expect(asked()).toBe(256);
    ({ client, send } = createTestCore(undefined, { maxTokens: 16 }));
    await send("Hi");
    expect(asked()).toBe(16);
  });

  it("stands under a persona that says who answers, and whose fields are filled in", async () => {
    const template = "{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}";
    start([fakeModel({ promptFormat: { format: { $case: "chatTemplate", value: { template } } } })]);
    await send("Hi");
    expect(lastPrompt(client)).toBe("<system>You are Cria, a helpful AI assistant.<user>Ann: Hi");
    await stores.settings.update(testConversation, { system: "Help {user} in {channel} of {workspace}, {dear}." });
    const reply = await send("Hi", { names: { channel: "alpacas" } });
    const filled = /^<system>Help Ann in alpacas of local, \{dear\}\.</;
    expect(lastPrompt(client)).toMatch(filled);
    const bob = { id: "u2", name: "Bob" };
    await core.regenerate({ place: testPlace, author: bob, replyId: reply.id }, starting(new FakeReplyHandle()));
    expect(client.requests).toHaveLength(3);
    expect(lastPrompt(client)).toMatch(filled);
  });

  it("comes from the default where the model that was chosen is gone or broken, which a line says", async () => {
    start([chatModel, fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN, error: "no weights" })]);
    await stores.settings.update("web:local", { model: "big" });
    expect((await send("Hi")).text).toBe("Hi\n\n*The model big is gone; fake answers.*");
    await stores.settings.update(testConversation, { model: "broken" });
    expect((await send("Hi")).text).toBe("Hi\n\n*The model broken cannot be used; fake answers.*");
    expect(await roundsOf(stores)).toMatchObject([{ assistant: "Hi" }, { assistant: "Hi" }]);
  });
});

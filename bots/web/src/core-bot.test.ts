import { BotError, createBotCore, createMemoryStores } from "@cria/bot-core";
import { FakeInferenceClient, fakeModel } from "@cria/bot-core/testing";
import { ModelState } from "@cria/proto";
import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { createCoreBot } from "./core-bot.ts";

const place = { platform: "web", workspaceId: "local", channelId: "general", isDirect: false };
const reply = { id: "r1", messageId: "m1", author: "Ada", question: "q", text: "a", end: "complete" } as const;

const setUp = (models = [fakeModel()]) => {
  const inference = new FakeInferenceClient(models);
  const stores = createMemoryStores({ roundsTtlMs: 60_000 });
  const core = createBotCore({ stores, inference, logger: pino({ level: "silent" }) });
  return { inference, stores, bot: createCoreBot({ core, stores, inference }) };
};

it("names the model in use: the default in the place of one that is gone or broken", async () => {
  const broken = fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN });
  const { stores, bot } = setUp([fakeModel(), broken, fakeModel({ name: "big", isDefault: false })]);
  for (const [chosen, inUse] of [
    [undefined, "fake"],
    ["big", "big"],
    ["gone", "fake"],
    ["broken", "fake"],
  ] as const) {
    await stores.settings.update("web:local:general", { model: chosen });
    expect(await bot.head(place)).toMatchObject({ model: inUse });
  }
});

it("answers a message anew, as a new one, where its reply is not known or the memory is away", async () => {
  const { stores, bot } = setUp();
  await stores.replies.keep("web:local:general", reply, "");
  expect(await bot.canAnswerAgain(place, "r1")).toBe(true);
  expect(await bot.canAnswerAgain(place, "r2")).toBe(false);
  vi.spyOn(stores.replies, "get").mockRejectedValue(new BotError("MEMORY_UNAVAILABLE", "Redis is away."));
  expect(await bot.canAnswerAgain(place, "r1")).toBe(false);
});

import { BotError, createBotCore, createMemoryStores } from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { createCoreBot } from "./core-bot.ts";

const place = { platform: "web", workspaceId: "local", channelId: "general", isDirect: false };
const reply = { id: "r1", messageId: "m1", author: "Ada", question: "q", text: "a", end: "complete" } as const;

it("answers a message anew, as a new one, where its reply is not known or the memory is away", async () => {
  const inference = new FakeInferenceClient();
  const stores = createMemoryStores({ roundsTtlMs: 60_000 });
  const core = createBotCore({ stores, inference, logger: pino({ level: "silent" }) });
  const bot = createCoreBot({ core, stores, inference });
  await stores.replies.keep("web:local:general", reply, "");
  expect(await bot.canAnswerAgain(place, "r1")).toBe(true);
  expect(await bot.canAnswerAgain(place, "r2")).toBe(false);
  vi.spyOn(stores.replies, "get").mockRejectedValue(new BotError("MEMORY_UNAVAILABLE", "Redis is away."));
  expect(await bot.canAnswerAgain(place, "r1")).toBe(false);
});

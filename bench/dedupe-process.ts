import { connectRedis, createBotCore, createRedisStoresOver } from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import { RecordedReply } from "./recorded-reply.ts";

/** A bot process of bench/suites/bot-dedupe.ts: answers the events its parent sends and tells of each reply it ended. */
const [url = ""] = process.argv.slice(2);
const TTL_MS = 60_000;
const logger = pino({ level: "silent" });
const redis = await connectRedis(url, logger);
const stores = createRedisStoresOver(redis, { roundsTtlMs: TTL_MS });
const core = createBotCore({ stores, inference: new FakeInferenceClient(), logger });

process.on("message", async (number: number) => {
  const text = `message ${number}`;
  const place = { platform: "bench", workspaceId: "w", channelId: `c${number % 50}`, isDirect: false };
  const reply = new RecordedReply();
  await core.handleMessage({ eventId: text, place, author: { id: "u", name: "Ann" }, text }, async () => reply);
  process.send?.({ number, isReply: reply.ended === text });
});
process.on("disconnect", () => process.exit());
process.send?.("ready");

import { setTimeout as sleep } from "node:timers/promises";
import {
  connectRedis,
  createBotCore,
  createInferenceClient,
  createRedisQuotaStore,
  createRedisStoresOver,
} from "@cria/bot-core";
import { fakeModel, startInferenceServer, startRedisServer } from "@cria/bot-core/testing";
import { Finished, Started } from "@cria/proto";
import { pino } from "pino";
import { RecordedReply } from "../recorded-reply.ts";
import { quantile, type Result } from "../result.ts";

const PER_SECOND = 50;
const SECONDS = 20;
const WARM_UP = 100;
/** So many take turns that no message waits for the one before it in its conversation. */
const CONVERSATIONS = 25;
const QUANTILE = 0.99;
const TTL_MS = 60_000;

/**
 * From an event at the core to its Generate at the inference service, over a real Redis and real gRPC, with quotas counted:
 * 50 messages a second, whatever became of those before.
 */
export async function botLatency(report: (result: Result) => void): Promise<void> {
  const logger = pino({ level: "silent" });
  const generatedAtMs = new Map<string, number>();
  const server = await startInferenceServer({
    listModels: (_call, answer) => answer(null, { models: [fakeModel()] }),
    generate: (call) => {
      const question = (call.request.prompt.at(-1)?.text ?? "").replace("Ann: ", "");
      generatedAtMs.set(question, performance.now());
      call.write({ event: { $case: "started", value: Started.fromPartial({}) } });
      call.write({ event: { $case: "delta", value: { text: "Hello.", tokenIds: [1], logprobs: [] } } });
      call.write({ event: { $case: "finished", value: Finished.fromPartial({ textLength: 6 }) } });
      call.end();
    },
  });
  const redisServer = await startRedisServer();
  const redis = await connectRedis(redisServer.url, logger);
  const stores = createRedisStoresOver(redis, { roundsTtlMs: TTL_MS });
  const inference = createInferenceClient({ address: server.address });
  const quotaLimits = { userMessagesPerMinute: 1_000_000, workspaceTokensPerDay: 1_000_000_000 };
  const core = createBotCore({ stores, inference, logger, quotas: createRedisQuotaStore(redis), quotaLimits });
  const latencies: number[] = [];
  const send = async (number: number) => {
    const sentAtMs = performance.now();
    const text = `message ${number}`;
    const place = { platform: "bench", workspaceId: "w", channelId: `c${number % CONVERSATIONS}`, isDirect: false };
    const message = { eventId: text, place, author: { id: `u${number % CONVERSATIONS}`, name: "Ann" }, text };
    await core.handleMessage(message, async () => new RecordedReply());
    if (number >= WARM_UP) latencies.push(generatedAtMs.get(text)! - sentAtMs);
  };
  const sent: Promise<void>[] = [];
  const startedAtMs = performance.now();
  for (let number = 0; number < WARM_UP + PER_SECOND * SECONDS; number++) {
    await sleep(Math.max(0, startedAtMs + (number * 1_000) / PER_SECOND - performance.now()));
    sent.push(send(number));
  }
  await Promise.all(sent);
  report({ name: "bot-latency", value: Number(quantile(latencies, QUANTILE).toPrecision(3)), unit: "ms (p99)" });
  report({ name: "bot-latency-median", value: Number(quantile(latencies, 0.5).toPrecision(3)), unit: "ms" });
  inference.close();
  server.kill();
  await stores.close();
  await redisServer.close();
}

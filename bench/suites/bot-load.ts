import { connectRedis, createBotCore, createRedisStoresOver } from "@cria/bot-core";
import { FakeInferenceClient, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { RecordedReply } from "../recorded-reply.ts";
import type { Result } from "../result.ts";

const CONVERSATIONS = 500;
const MESSAGES = 6;
const TTL_MS = 60_000;
const WINDOW = 50;

/**
 * 500 conversations at once through one process, six messages each sent without waiting, on a real Redis and a model that
 * repeats at once what it is asked. A message is lost without a right reply, duplicated with more than one round in memory,
 * out of order when its reply ended, or its round stands, before that of an earlier one.
 */
export async function botLoad(report: (result: Result) => void): Promise<void> {
  const logger = pino({ level: "silent" });
  const server = await startRedisServer();
  const redis = await connectRedis(server.url, logger);
  const stores = createRedisStoresOver(redis, { roundsTtlMs: TTL_MS });
  const core = createBotCore({ stores, inference: new FakeInferenceClient(), logger, window: WINDOW });
  const startedAtMs = performance.now();
  const conversations = await Promise.all(
    Array.from({ length: CONVERSATIONS }, async (_, index) => {
      const ended: string[] = [];
      const replies = await Promise.all(
        messagesOf(index).map(async (text, number) => {
          const reply = new RecordedReply();
          const place = { platform: "bench", workspaceId: "w", channelId: `c${index}`, isDirect: false };
          const message = { eventId: `${index}-${number}`, place, author: { id: "u", name: "Ann" }, text };
          await core.handleMessage(message, async () => reply);
          ended.push(text);
          return reply;
        }),
      );
      const rounds = (await stores.rounds.read(`bench:w:c${index}`)).rounds.map(({ user }) => user);
      return judge(messagesOf(index), { replies, ended, rounds });
    }),
  );
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const total = (field: keyof Judgement) => conversations.reduce((sum, judgement) => sum + judgement[field], 0);
  report({ name: "bot-load-lost", value: total("lost"), unit: "messages" });
  report({ name: "bot-load-duplicated", value: total("duplicated"), unit: "messages" });
  report({ name: "bot-load-out-of-order", value: total("outOfOrder"), unit: "messages" });
  report({ name: "bot-load-rate", value: Math.round((CONVERSATIONS * MESSAGES) / seconds), unit: "messages/s" });
  await stores.close();
  await server.close();
}

interface Judgement {
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
}

interface Outcome {
  readonly replies: readonly RecordedReply[];
  /** Messages in the order in which their replies ended. */
  readonly ended: readonly string[];
  readonly rounds: readonly string[];
}

const messagesOf = (index: number) => Array.from({ length: MESSAGES }, (_, number) => `message ${number} of ${index}`);

function judge(messages: readonly string[], { replies, ended, rounds }: Outcome): Judgement {
  const isRight = (text: string, index: number) =>
    replies[index]!.ended === text && replies[index]!.text === text && rounds.includes(text);
  return {
    lost: messages.filter((text, index) => !isRight(text, index)).length,
    duplicated: rounds.length - new Set(rounds).size,
    outOfOrder: messages.filter((text, index) => ended[index] !== text || rounds[index] !== text).length,
  };
}

import { setTimeout as wait } from "node:timers/promises";
import {
  connectRedis,
  createBotCore,
  createRedisQuotaStore,
  createRedisStoresOver,
  createRedisTranscript,
  type RedisConnection,
} from "@cria/bot-core";
import { createGate, FakeInferenceClient, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { manifestOptions } from "../../test/slack-server/manifest.ts";
import { startSlackServer } from "../../test/slack-server/slack-server.ts";
import { RecordedReply } from "../recorded-reply.ts";
import { RedisMonitor } from "../redis-monitor.ts";
import type { Result } from "../result.ts";
import { startSlackBot } from "../slack-bot.ts";
import type { SuiteOptions } from "../suite.ts";

const TTL_MS = 60_000;
const WAITERS = 20;
const SECONDS = 8;
const DELETIONS = 50;
/** Long enough for what is written a moment later. */
const SETTLE_MS = 1_000;

const logger = pino({ level: "silent" });
const place = { platform: "bench", workspaceId: "w", channelId: "c", isDirect: false };

/** Commands that bots send to Redis; a script counts once. */
export async function botRedis(report: (result: Result) => void, { detail }: SuiteOptions): Promise<void> {
  const server = await startRedisServer();
  const redis = await connectRedis(server.url, logger);
  const monitor = await RedisMonitor.open(server.url);
  const ofMessage = await ofAMessage(redis, monitor);
  for (const command of ofMessage) detail(command);
  report({ name: "bot-redis-message", value: ofMessage.length, unit: "commands" });
  report({ name: "bot-redis-waiter", value: await ofAWaiter(redis, monitor), unit: "commands a second" });
  report({ name: "bot-redis-deletion", value: await ofADeletion(redis, monitor), unit: "commands" });
  monitor.close();
  await redis.close();
  await server.close();
}

/** A plain message, quotas and transcript on. */
async function ofAMessage(redis: RedisConnection, monitor: RedisMonitor): Promise<readonly string[]> {
  const { send } = open(redis);
  await send("warm up");
  await wait(SETTLE_MS);
  monitor.take();
  await send("Hello");
  await wait(SETTLE_MS);
  return monitor.take();
}

/** One of twenty that wait for their turn, beyond what the one costs that has it. */
async function ofAWaiter(redis: RedisConnection, monitor: RedisMonitor): Promise<number> {
  const { send, model } = open(redis);
  const hold = createGate();
  model.script({ chunks: ["Once"], hold: hold.opened });
  const sent = [send("first")];
  const alone = await commandsIn(monitor);
  for (let waiter = 0; waiter < WAITERS; waiter++) sent.push(send(`waiter ${waiter}`));
  const together = await commandsIn(monitor);
  hold.open();
  await Promise.all(sent);
  return Number(((together - alone) / WAITERS / SECONDS).toFixed(2));
}

/** How many come within some seconds after something was done. */
async function commandsIn(monitor: RedisMonitor, work = () => {}): Promise<number> {
  await wait(SETTLE_MS);
  monitor.take();
  work();
  await wait(SECONDS * 1_000);
  return monitor.take().length;
}

/** A message of people among themselves that somebody deletes, where the bot reads the channel, beyond what it costs to be there. */
async function ofADeletion(redis: RedisConnection, monitor: RedisMonitor): Promise<number> {
  const server = await startSlackServer(manifestOptions());
  const stores = createRedisStoresOver(redis, { roundsTtlMs: TTL_MS });
  const bot = await startSlackBot(server, new FakeInferenceClient(), stores);
  const ann = server.people.addUser("Ann");
  const channel = server.people.addChannel("general", [ann]);
  const chatter = Array.from({ length: DELETIONS }, (_, index) => server.people.say(channel, ann, `lunch ${index}?`));
  const idle = await commandsIn(monitor);
  const deleting = await commandsIn(monitor, () => {
    for (const message of chatter) server.people.remove(message);
  });
  await bot.stop(0);
  await server.close();
  return Number(((deleting - idle) / DELETIONS).toFixed(1));
}

let numMessages = 0;

function open(redis: RedisConnection) {
  const stores = createRedisStoresOver(redis, { roundsTtlMs: TTL_MS });
  const model = new FakeInferenceClient();
  const quotaLimits = { userMessagesPerMinute: 1_000_000, workspaceTokensPerDay: 1_000_000_000 };
  const transcript = createRedisTranscript({ redis, logger, ttlMs: TTL_MS, hasText: true });
  const quotas = createRedisQuotaStore(redis);
  const core = createBotCore({ stores, inference: model, logger, quotas, quotaLimits, transcript });
  const author = { id: "u", name: "Ann" };
  const send = async (text: string) => {
    const reply = Object.assign(new RecordedReply(), { handle: "shown" });
    await core.handleMessage({ eventId: `${numMessages++}`, place, author, text }, async () => reply);
  };
  return { send, model };
}

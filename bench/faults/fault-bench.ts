import { setTimeout as wait } from "node:timers/promises";
import { connectRedis, type RedisConnection } from "@cria/bot-core";
import { type InferenceServer, type RedisServer, startRedisServer } from "@cria/bot-core/testing";
import { pino } from "pino";
import { startStreamingService } from "../streaming-service.ts";
import { BotProcess } from "./bot-process.ts";
import { ReplyWatch } from "./reply-watch.ts";

/** Asked at once. */
export const MESSAGES = 20;
const BOTS = 2;
const LOOK_MS = 250;
/** Slack tries an event again after a minute; a call that is one too many may wait for another. */
const LIMIT_MS = 240_000;
/** For the last changes of messages that have their end. */
const SETTLE_MS = 2_000;

/** A reply that has ended, by its last word or a line that says what happened. */
export interface EndedReply {
  readonly id: string;
  /** All that people see of it. */
  readonly shown: string;
}

/** A platform on loopback, with the people in front of it. */
export interface FaultyPlatform {
  /** As "slack". */
  readonly name: string;
  /** The bot's program, from the root of the repository. */
  readonly main: string;
  /** What the bot needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks so many questions, each in a channel of its own. */
  ask(count: number): void;
  /** The ended replies of each question so far. */
  endedReplies(): readonly (readonly EndedReply[])[];
  close(): Promise<void>;
}

/** Two bot processes with a platform, a Redis and an inference service; and what became of each message. */
export class FaultBench<P extends FaultyPlatform> {
  readonly platform: P;
  readonly redis: RedisServer;
  readonly bots: BotProcess[] = [];
  readonly watch: ReplyWatch;
  #inference: InferenceServer;
  readonly #admin: RedisConnection;

  static async start<P extends FaultyPlatform>(platform: P): Promise<FaultBench<P>> {
    const [redis, inference] = await Promise.all([startRedisServer(), startStreamingService()]);
    const admin = await connectRedis(redis.url, pino({ level: "silent" }));
    const bench = new FaultBench({ platform, redis, inference, admin });
    for (let index = 0; index < BOTS; index++) bench.bots.push(await bench.startBot());
    return bench;
  }

  private constructor(parts: {
    readonly platform: P;
    readonly redis: RedisServer;
    readonly inference: InferenceServer;
    readonly admin: RedisConnection;
  }) {
    this.platform = parts.platform;
    this.redis = parts.redis;
    this.#inference = parts.inference;
    this.#admin = parts.admin;
    this.watch = new ReplyWatch(() => this.platform.endedReplies());
  }

  async startBot(): Promise<BotProcess> {
    const { platform, redis } = this;
    const env = { ...platform.env, CRIA_INFERENCE_ADDRESS: this.#inference.address };
    return await BotProcess.start({ main: platform.main, env, redisUrl: redis.url });
  }

  ask(): void {
    this.platform.ask(MESSAGES);
  }

  killInference(): void {
    this.#inference.kill();
  }

  /** At the address that the bots know. */
  async restartInference(): Promise<void> {
    this.#inference = await startStreamingService(Number(this.#inference.address.split(":")[1]));
  }

  async untilOneIsAnswered(): Promise<void> {
    await this.#until("a first answer", () => this.watch.look().numAnswered > 0);
  }

  /** Until all are answered, nothing is left that a process could take over, and all of that is shown; or for so long that what is unanswered counts as lost. */
  async untilAllIsDone(): Promise<void> {
    const areAnswered = await isInTime(() => this.watch.look().numUnanswered === 0);
    if (areAnswered)
      await this.#until("an empty inbox", async () => this.watch.look() && (await this.#numPending()) === 0);
    await wait(SETTLE_MS);
    this.watch.look();
  }

  async stop(): Promise<void> {
    this.killInference();
    await Promise.all([...this.bots.map((bot) => bot.close()), this.#admin.close(), this.platform.close()]);
    await this.redis.close();
  }

  /** Throws where it does not come. */
  async #until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    if (!(await isInTime(isSo))) throw new Error(`${this.platform.name}: waited ${LIMIT_MS} ms for ${what}`);
  }

  async #numPending(): Promise<number> {
    const inboxes = await this.#admin.keys("cria:{*}:inbox");
    const lengths = await Promise.all(inboxes.map((key) => this.#admin.run((client) => client.xLen(key))));
    return lengths.reduce((sum, length) => sum + length, 0);
  }
}

async function isInTime(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt >= LIMIT_MS) return false;
    await wait(LOOK_MS);
  }
  return true;
}

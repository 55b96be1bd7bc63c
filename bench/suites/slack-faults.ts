import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { type RedisServer, startRedisServer } from "@cria/bot-core/testing";
import type { InferenceServer } from "../../bots/core/src/testing/inference-server.ts";
import { ROOT } from "../../deploy/settings.ts";
import { AdvancingClock } from "../../test/clock.ts";
import { manifestOptions } from "../../test/slack-server/manifest.ts";
import { type SlackServer, startSlackServer } from "../../test/slack-server/slack-server.ts";
import { type Message, STREAM_LIFETIME_MS } from "../../test/slack-server/world.ts";
import { measured, type Result } from "../result.ts";
import { endedReplies, slackEnv } from "../slack-bot.ts";
import { startStreamingService } from "../streaming-service.ts";

const MESSAGES = 20;
const BOTS = 2;
/** Until the replies are half written. */
const HALF_MS = 2_000;
/** Slack tries an event again after a minute; a call that is one too many may wait for another. */
const LIMIT_MS = 240_000;
const LOOK_MS = 250;
const AWAY_MS = 1_000;

/** What goes wrong, in the middle of twenty replies. */
const FAULTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "bot-killed": async ({ bots }) => void bots[0]!.kill("SIGKILL"),
  "redis-restarted": async ({ redis }) => {
    await redis.kill();
    await wait(AWAY_MS);
    await redis.start();
  },
  "sockets-cut": async ({ server }) => server.socketMode.disconnect("cut"),
  "inference-restarted": async (bench) => {
    const port = Number(bench.inference.address.split(":")[1]);
    bench.inference.kill();
    await wait(AWAY_MS);
    bench.inference = await startStreamingService(port);
  },
  "streams-expired": async ({ clock }) => clock.advance(STREAM_LIFETIME_MS),
};

/** Two bot processes with a Redis, an inference service and a Slack; and what became of each message after a fault. */
export async function slackFaults(report: (result: Result) => void): Promise<void> {
  for (const [name, cause] of Object.entries(FAULTS)) {
    const bench = await Bench.start();
    try {
      bench.ask();
      await wait(HALF_MS);
      await cause(bench);
      bench.ask();
      await bench.untilAllAnswered();
      report(measured(`slack-${name}`, `of ${2 * MESSAGES} unanswered`, [bench.count((replies) => replies === 0)]));
      report(measured(`slack-${name}-twice`, "answered twice", [bench.count((replies) => replies > 1)]));
    } finally {
      await bench.stop();
    }
  }
}

class Bench {
  readonly clock: AdvancingClock;
  readonly server: SlackServer;
  readonly redis: RedisServer;
  inference: InferenceServer;
  readonly bots: ChildProcess[] = [];
  readonly #questions: Message[] = [];
  readonly #ann: string;

  static async start(): Promise<Bench> {
    const clock = new AdvancingClock();
    const [server, redis, inference] = await Promise.all([
      startSlackServer({ ...manifestOptions(), clock }),
      startRedisServer(),
      startStreamingService(),
    ]);
    const bench = new Bench({ clock, server, redis, inference });
    await bench.#startBots();
    return bench;
  }

  private constructor(parts: Pick<Bench, "clock" | "server" | "redis" | "inference">) {
    this.clock = parts.clock;
    this.server = parts.server;
    this.redis = parts.redis;
    this.inference = parts.inference;
    this.#ann = parts.server.people.addUser("Ann");
  }

  /** Asks in twenty channels that are new. */
  ask(): void {
    for (let index = 0; index < MESSAGES; index++) {
      const channel = this.server.people.addChannel(`channel-${index}`, [this.#ann]);
      this.#questions.push(this.server.people.mention(channel, this.#ann, "talk"));
    }
  }

  /** Messages that got that many replies that ended, by their last word or a line that says what happened. */
  count(holds: (replies: number) => boolean): number {
    return this.#questions.filter((question) => holds(endedReplies(this.server, question))).length;
  }

  async untilAllAnswered(): Promise<void> {
    const startedAt = performance.now();
    while (this.count((replies) => replies === 0) > 0 && performance.now() - startedAt < LIMIT_MS) await wait(LOOK_MS);
  }

  async stop(): Promise<void> {
    for (const bot of this.bots) bot.kill("SIGKILL");
    this.inference.kill();
    await Promise.all([this.redis.close(), this.server.close()]);
  }

  async #startBots(): Promise<void> {
    const { server, redis, inference } = this;
    const env = {
      ...process.env,
      ...slackEnv(server),
      CRIA_REDIS_URL: redis.url,
      CRIA_INFERENCE_ADDRESS: inference.address,
      CRIA_LOG_LEVEL: "silent",
    };
    for (let index = 0; index < BOTS; index++) {
      const args = ["--import", "tsx", "bots/slack/src/main.ts"];
      this.bots.push(spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] }));
    }
    await server.until(() => server.socketMode.numConnections === BOTS);
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { type RedisServer, startRedisServer } from "@cria/bot-core/testing";
import type { InferenceServer } from "../../bots/core/src/testing/inference-server.ts";
import { ROOT } from "../../deploy/settings.ts";
import { type Channel, DiscordServer, type Person } from "../../test/discord-server/index.ts";
import { measured, type Result } from "../result.ts";
import { startStreamingService } from "../streaming-service.ts";

const MESSAGES = 20;
/** Until the replies are half written. */
const HALF_MS = 2_000;
/** A dead process is found dead after about fifteen seconds, and what it left takes four. */
const LIMIT_MS = 90_000;
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
  "gateway-dropped": async ({ server }) => server.dropConnections(),
  "session-lost": async ({ server }) => {
    server.forgetSessions();
    server.dropConnections();
  },
  "inference-restarted": async (bench) => {
    const port = Number(bench.inference.address.split(":")[1]);
    bench.inference.kill();
    await wait(AWAY_MS);
    bench.inference = await startStreamingService(port);
  },
};

/** Two bot processes with a Redis, an inference service and a Discord; and what became of each message after a fault. */
export async function discordFaults(report: (result: Result) => void): Promise<void> {
  for (const [name, cause] of Object.entries(FAULTS)) {
    const bench = await Bench.start();
    try {
      bench.ask(0);
      await wait(HALF_MS);
      await cause(bench);
      bench.ask(MESSAGES);
      await bench.untilAllAnswered();
      report(measured(`discord-${name}`, `of ${2 * MESSAGES} unanswered`, [bench.count((replies) => replies === 0)]));
      report(measured(`discord-${name}-twice`, "answered twice", [bench.count((replies) => replies > 1)]));
    } finally {
      await bench.stop();
    }
  }
}

class Bench {
  readonly server: DiscordServer;
  readonly redis: RedisServer;
  inference: InferenceServer;
  readonly bots: ChildProcess[] = [];
  readonly #channels: readonly Channel[];
  readonly #ann: Person;

  static async start(): Promise<Bench> {
    const [server, redis, inference] = await Promise.all([
      DiscordServer.start(),
      startRedisServer(),
      startStreamingService(),
    ]);
    const bench = new Bench(server, redis, inference);
    for (let bots = 0; bots < 2; bots++) await bench.#startBot();
    return bench;
  }

  private constructor(server: DiscordServer, redis: RedisServer, inference: InferenceServer) {
    const { guild } = server.createGuild();
    this.server = server;
    this.redis = redis;
    this.inference = inference;
    this.#ann = server.addPerson("Ann", guild);
    this.#channels = Array.from({ length: 2 * MESSAGES }, (_, index) =>
      server.createChannel(guild, `channel-${index}`),
    );
  }

  /** Asks in twenty channels, from this one. */
  ask(first: number): void {
    for (const channel of this.#channels.slice(first, first + MESSAGES)) this.#ann.mention(channel, "talk");
  }

  /** Channels whose message got that many replies that ended, by their last word or a line that says what happened. */
  count(holds: (replies: number) => boolean): number {
    return this.#channels.filter((channel) => holds(this.#replies(channel))).length;
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

  #replies(channel: Channel): number {
    return this.server.botMessages(channel).filter(({ json }) => /regenerate:|⚠️/.test(JSON.stringify(json))).length;
  }

  async #startBot(): Promise<void> {
    const { server, redis, inference } = this;
    const env = {
      ...process.env,
      CRIA_DISCORD_TOKEN: server.token,
      CRIA_DISCORD_API_URL: server.apiUrl,
      CRIA_REDIS_URL: redis.url,
      CRIA_INFERENCE_ADDRESS: inference.address,
    };
    const args = ["--import", "tsx", "bots/discord/src/main.ts"];
    const bot = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
    this.bots.push(bot);
    await connected(bot);
  }
}

/** Resolves when the bot says that it is connected; its further lines are thrown away. */
async function connected(bot: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let log = "";
    bot.stdout!.on("data", (chunk) => {
      log += chunk;
      if (log.includes("Discord is connected")) resolve();
    });
    bot.once("exit", () => reject(new Error(`the bot does not start:\n${log}`)));
  });
  bot.stdout!.removeAllListeners("data").resume();
}

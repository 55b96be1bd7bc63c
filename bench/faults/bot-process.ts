import { type ChildProcess, spawn } from "node:child_process";
import { startTcpProxy, type TcpProxy } from "@cria/bot-core/testing";
import { ROOT } from "../../deploy/settings.ts";

/** What a bot's process is started with. */
export interface BotProcessOptions {
  /** The program, from the root of the repository. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  readonly redisUrl: string;
}

/** A bot in a process of its own, with a way to Redis of its own that can be broken. */
export class BotProcess {
  readonly wayToRedis: TcpProxy;
  readonly #child: ChildProcess;

  /** Resolves when it is connected to its platform; its further lines are thrown away. */
  static async start({ main, env, redisUrl }: BotProcessOptions): Promise<BotProcess> {
    const wayToRedis = await startTcpProxy(Number(new URL(redisUrl).port));
    const child = spawn(process.execPath, ["--import", "tsx", main], {
      cwd: ROOT,
      env: { ...process.env, ...env, CRIA_REDIS_URL: `redis://127.0.0.1:${wayToRedis.port}` },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await untilConnected(child);
    return new BotProcess(child, wayToRedis);
  }

  private constructor(child: ChildProcess, wayToRedis: TcpProxy) {
    this.#child = child;
    this.wayToRedis = wayToRedis;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async close(): Promise<void> {
    this.kill("SIGKILL");
    await this.wayToRedis.close();
  }
}

async function untilConnected(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stdout!.on("data", (chunk) => {
      log += chunk;
      if (log.includes(" is connected")) resolve();
    });
    child.once("exit", () => reject(new Error(`the bot does not start:\n${log}`)));
  });
  child.stdout!.removeAllListeners("data").resume();
}

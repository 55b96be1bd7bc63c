import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const REDIS = "redis-server";

/** Whether `redis-server` is on the PATH; suites that need it are skipped, with a line that says so, where it is not. */
export function hasRedisServer(path: string): boolean {
  return isOnPath(REDIS, path);
}

/** The servers to test on: `redis-server` where it is on the PATH, and the Valkey that `CRIA_TEST_VALKEY` names or the PATH has. */
export function redisPrograms(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const path = env.PATH ?? "";
  const onPath = (program: string) => (isOnPath(program, path) ? [program] : []);
  return [...onPath(REDIS), ...(env.CRIA_TEST_VALKEY ? [env.CRIA_TEST_VALKEY] : onPath("valkey-server"))];
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A Redis of one's own on a free port of loopback. */
export interface RedisServer {
  readonly url: string;
  /** Kills it, data lost; `start` brings an empty one to the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops and continues its process: it is there and does not answer. */
  freeze(): void;
  thaw(): void;
  /** Kills it and removes its folder. */
  close(): Promise<void>;
}

/** Starts a Redis that writes nothing to disk. Rejects when it does not get ready. */
export async function startRedisServer(program = REDIS): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "cria-redis-"));
  let server: ChildProcess | undefined;
  const start = async () => {
    server = await spawnRedis({ program, port, folder });
  };
  const kill = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    freeze: () => void server?.kill("SIGSTOP"),
    thaw: () => void server?.kill("SIGCONT"),
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A server to start. */
export interface RedisSpec {
  readonly program: string;
  readonly port: number;
  readonly folder: string;
  readonly more?: readonly string[];
}

/** Starts a server that writes nothing but its cluster's state, into the folder; resolves when it is ready. */
export async function spawnRedis({ program, port, folder, more = [] }: RedisSpec): Promise<ChildProcess> {
  const ours = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const options = [...ours, ...more];
  const server = spawn(program, options, { stdio: ["ignore", "pipe", "ignore"] });
  await new Promise<void>((resolve, reject) => {
    let log = "";
    server.stdout.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (log.includes("Ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`${program} ended before it was ready:\n${log}`)));
  });
  server.stdout.removeAllListeners("data").resume();
  return server;
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port of loopback was free");
  return address.port;
}

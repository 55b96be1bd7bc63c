import { randomBytes } from "node:crypto";
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BASE_GRACE_MS } from "./supervisor/node-processes.ts";
import type { ProcessSpec } from "./supervisor/supervised-process.ts";

const LOG_FILE = "redis.log";

/** A Redis of our own to start, and how to reach it. */
export interface LocalRedis {
  readonly spec: ProcessSpec;
  /** With its password. */
  readonly url: string;
}

/**
 * The server is not ours, so a shell stands in for exit-with-parent.ts: it ends Redis when its own standard input ends.
 * A shell gives /dev/null to what runs in the background, hence the copy as descriptor 3. SIGTERM comes to the whole group;
 * the shell only has to outlive Redis.
 */
const RUN_WITH_PARENT = `exec 3<&0
trap : TERM
"$0" "$1" & redis=$!
{ while read -r _ <&3; do :; done; kill -TERM $redis; } & watch=$!
wait $redis; code=$?
[ $code -le 128 ] || { wait $redis; code=$?; }
kill $watch 2>/dev/null
exit $code`;

/** What serves Redis's protocol, the first found on the PATH; undefined if there is none. */
export function findRedisServer(path: string | undefined): string | undefined {
  return findOnPath("redis-server", path) ?? findOnPath("valkey-server", path);
}

/** The path of a program on the PATH; undefined if there is none. */
export function findOnPath(program: string, path: string | undefined): string | undefined {
  return (path ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

/**
 * Prepares a Redis on loopback whose append-only file lies under the state folder, so memory survives a restart. It asks
 * for a password made anew each time, since other users of this machine reach loopback too.
 */
export function prepareRedis(server: string, stateDir: string, port: number): LocalRedis {
  const dir = join(stateDir, "redis");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString("base64url");
  const config = join(dir, "redis.conf");
  writeFileSync(config, redisConfig(dir, port, password), { mode: 0o600 });
  const spec = {
    name: "redis",
    command: "/bin/sh",
    args: ["-c", RUN_WITH_PARENT, server, config],
    cwd: dir,
    env: { PATH: process.env.PATH },
    logFile: join(dir, LOG_FILE),
    graceMs: BASE_GRACE_MS,
    isBase: true,
  };
  return { spec, url: `redis://:${password}@127.0.0.1:${port}` };
}

function redisConfig(dir: string, port: number, password: string): string {
  return [
    "bind 127.0.0.1",
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(dir)}`,
    "appendonly yes",
    'save ""',
    "loglevel warning",
    `logfile ${LOG_FILE}`,
    "always-show-logo no",
    "",
  ].join("\n");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

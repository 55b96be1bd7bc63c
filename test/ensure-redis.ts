import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "../deploy/redis.ts";

/**
 * Before suites that may need a real Redis: installs redis-server where that is allowed (root on Debian or Ubuntu), or
 * says which suites are skipped. They find it on the PATH themselves.
 */
export default function ensureRedis(): void {
  if (isOnPath("redis-server")) return;
  const why = installRedis();
  if (why) console.warn(`Skipped, for want of a redis-server on the PATH (${why}): ${redisSuites().join(", ")}`);
}

/** Undefined once it is installed, else why it is not. */
function installRedis(): string | undefined {
  if (process.getuid?.() !== 0 || !isOnPath("apt-get")) return "only root on Debian or Ubuntu can have it installed";
  // RUNLEVEL=1: the package shall not start a Redis of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  try {
    execFileSync("apt-get", ["update", "-qq"], { env, stdio: "ignore" });
    execFileSync("apt-get", ["install", "-qq", "--no-install-recommends", "redis-server"], { env, stdio: "ignore" });
  } catch (error) {
    return `apt-get failed: ${error instanceof Error ? error.message : error}`;
  }
  return isOnPath("redis-server") ? undefined : "apt-get installed none";
}

const isOnPath = (program: string) => findOnPath(program, process.env.PATH) !== undefined;

/** The suites that start one. */
function redisSuites(): string[] {
  return ["bots", "test"]
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)))
    .filter((path) => path.endsWith(".test.ts") && !path.includes("node_modules"))
    .filter((path) => /redis-server|describeOnRedis/.test(readFileSync(path, "utf8")));
}

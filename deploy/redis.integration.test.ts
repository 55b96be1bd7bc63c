import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { connectRedis } from "@cria/bot-core";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "./ports.ts";
import { findRedisServer, prepareRedis } from "./redis.ts";
import { SupervisedProcess } from "./supervisor/supervised-process.ts";

const valkey = process.env.CRIA_TEST_VALKEY;
if (!valkey) process.stderr.write("skipped: npm start on Valkey, because CRIA_TEST_VALKEY names none\n");
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cria-redis-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("findRedisServer", () => {
  const program = async (name: string) => {
    await writeFile(join(folder, name), "#!/bin/sh\n");
    await chmod(join(folder, name), 0o755);
  };

  it("takes Redis, and Valkey where there is no Redis", async () => {
    const path = ["/nowhere", folder].join(delimiter);
    expect(findRedisServer(path)).toBeUndefined();
    await program("valkey-server");
    expect(findRedisServer(path)).toBe(join(folder, "valkey-server"));
    await program("redis-server");
    expect(findRedisServer(path)).toBe(join(folder, "redis-server"));
  });
});

describe.skipIf(!valkey)("a Valkey of our own", () => {
  it("remembers over a restart, for those alone who know its password", async () => {
    await symlink(valkey!, join(folder, "valkey-server"));
    const server = findRedisServer(folder)!;
    expect(basename(server)).toBe("valkey-server");
    const firstRun = await run(server, (client) => client.set("k", "kept"));
    expect(firstRun).toBe("OK");
    expect(await run(server, (client) => client.get("k"))).toBe("kept");
  });

  async function run<T>(server: string, work: (client: RedisClient) => Promise<T>): Promise<T> {
    const { spec, url } = prepareRedis(server, folder, await freePort("127.0.0.1"));
    const child = new SupervisedProcess({ ...spec, graceMs: 5_000 }, { onLine: () => {}, onGiveUp: () => {} });
    child.start();
    const redis = await connectRedis(url, pino({ level: "silent" }));
    try {
      await expect.poll(() => redis.run(work).catch(() => "away"), { timeout: 20_000 }).not.toBe("away");
      const stranger = await connectRedis(url.replace(/:[^/]+@/, ""), pino({ level: "silent" }));
      await expect(stranger.run(work)).rejects.toThrow();
      await stranger.close();
      return await redis.run(work);
    } finally {
      await redis.close();
      await child.stop();
    }
  }
});

type RedisClient = Parameters<Parameters<Awaited<ReturnType<typeof connectRedis>>["run"]>[0]>[0];

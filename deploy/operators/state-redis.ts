import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { connectRedis, type RedisConnection } from "@cria/bot-core";
import { pino } from "pino";
import { requireConfiguration } from "../configuration.ts";
import { loadLocalSettings } from "../settings.ts";
import { StartError } from "../start-error.ts";

/**
 * The Redis of the bots: the one that is configured, else that of `npm start`, which says in its state folder where it is.
 * @throws StartError when there is none or it does not answer, and for a configuration that `npm start` would refuse
 */
export async function connectStateRedis(env: NodeJS.ProcessEnv): Promise<RedisConnection> {
  requireConfiguration(env);
  const { redisUrl, stateDir } = loadLocalSettings(env);
  const url = redisUrl ?? (await readLocalUrl(stateDir));
  if (url === undefined)
    throw new StartError(
      "there is no Redis: set CRIA_REDIS_URL, or run `npm start` once with redis-server or valkey-server on the PATH",
    );
  const redis = await connectRedis(url, pino({ level: "silent" }));
  const isThere = await redis
    .run((client) => client.exists("cria:signals"))
    .then(
      () => true,
      () => false,
    );
  if (isThere) return redis;
  await redis.close();
  throw new StartError("Redis does not answer; `npm start` runs one, CRIA_REDIS_URL names another");
}

async function readLocalUrl(stateDir: string): Promise<string | undefined> {
  const config = await readFile(join(stateDir, "redis", "redis.conf"), "utf8").catch(() => "");
  const [, port] = /^port (\d+)$/m.exec(config) ?? [];
  const [, password] = /^requirepass (\S+)$/m.exec(config) ?? [];
  return port && password ? `redis://:${password}@127.0.0.1:${port}` : undefined;
}

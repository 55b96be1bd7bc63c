import type { Logger } from "pino";
import type { Stores } from "../conversation/stores.ts";
import { connectRedis, type RedisConnection } from "./connection/redis-connection.ts";
import { RedisInbox } from "./inbox/redis-inbox.ts";
import { createRedisClaims } from "./redis-claims.ts";
import { createRedisRounds } from "./redis-rounds.ts";
import { createRedisSettings } from "./redis-settings.ts";
import { createRedisSignals } from "./redis-signals.ts";
import { RedisTurnQueue } from "./redis-turn-queue.ts";

/** A process that dies holds a conversation up for at most this long, and what it had is taken over after twice as long. */
const LEASE_MS = 10_000;

/** How Redis stores are made. */
export interface RedisStoresOptions {
  /** As `redis://user:password@host:port/db`; `rediss:` for TLS; `redis-cluster://host:port,host:port` for a cluster. */
  readonly url: string;
  /** How long a silent conversation is remembered, in milliseconds. */
  readonly roundsTtlMs: number;
  readonly logger: Logger;
  /** How long what a process holds is its own without a sign of life, in milliseconds. Default 10,000. */
  readonly leaseMs?: number;
}

/** Shared by all bot processes. Resolves within two seconds even without Redis, and uses it as soon as it is there. */
export async function createRedisStores(options: RedisStoresOptions): Promise<Stores> {
  return createRedisStoresOver(await connectRedis(options.url, options.logger), options);
}

/** As above over a connection that is there already; closes it with itself. */
export function createRedisStoresOver(
  redis: RedisConnection,
  { roundsTtlMs, leaseMs = LEASE_MS }: Omit<RedisStoresOptions, "url" | "logger">,
): Stores {
  const inbox = new RedisInbox(redis, leaseMs);
  return {
    kind: "redis",
    ...createRedisRounds(redis, roundsTtlMs),
    settings: createRedisSettings(redis),
    claims: createRedisClaims(redis),
    inbox,
    turns: new RedisTurnQueue(redis, leaseMs),
    signals: createRedisSignals(redis),
    close: async () => {
      inbox.close();
      await redis.close();
    },
  };
}

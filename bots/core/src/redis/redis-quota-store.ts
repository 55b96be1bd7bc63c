import { DAY_MS, LIMITS, MINUTE_MS, type QuotaLimits, type QuotaRefusal, type QuotaStore } from "../admission/quota.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** Counts in Redis, for all bot processes. Keys: docs/memory.md. */
export function createRedisQuotaStore(redis: RedisConnection): QuotaStore {
  return {
    async countMessages({ workspace, user, numMessages }, limits) {
      const args = [MINUTE_MS, numMessages, ...LIMITS.map((limit) => limits[limit] ?? -1)];
      return toRefusal(await redis.run((client) => client.countMessages(counterKeys(workspace, user), args)));
    },
    async uncountMessages({ workspace, user, numMessages }) {
      const keys = counterKeys(workspace, user).slice(0, 2);
      await redis.run((client) => client.uncountMessages(keys, [numMessages]));
    },
    async countTokens(workspace, user, tokens) {
      const [, , ...keys] = counterKeys(workspace, user);
      await redis.run((client) => client.countTokens(keys, [tokens, DAY_MS]));
    },
  };
}

/** The script answers 0, or 4 times the milliseconds to wait plus the number of the limit that is reached. */
function toRefusal(answer: number): QuotaRefusal | undefined {
  if (answer === 0) return undefined;
  return {
    limit: LIMITS[answer % LIMITS.length] as keyof QuotaLimits,
    retryAfterMs: Math.floor(answer / LIMITS.length),
  };
}

/** In the order of `LIMITS`; the workspace's hash tag keeps them in one slot of a cluster. */
function counterKeys(workspace: string, user: string): readonly string[] {
  const prefix = `cria:{${workspace}}:quota`;
  const person = encodeURIComponent(user);
  return [`${prefix}:minute:${person}`, `${prefix}:minute`, `${prefix}:day:${person}`, `${prefix}:day`];
}

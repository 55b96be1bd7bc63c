import { DAY_MS, LIMITS, MINUTE_MS, type QuotaStore } from "../admission/quota.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { defineScript } from "./connection/redis-script.ts";

/**
 * KEYS: messages in a minute of the user and of the workspace, tokens in a day of the user and of the workspace. ARGV: length
 * of a minute in ms, messages, the four limits (-1 for none). Counts the messages and returns nothing, or returns the place in
 * `LIMITS` of the limit that would be passed, and the ms to wait.
 */
const COUNT_MESSAGES = defineScript(`
for index = 1, 4 do
  local limit = tonumber(ARGV[index + 2])
  local more = index <= 2 and math.max(math.min(tonumber(ARGV[2]), limit), 1) or 1
  if limit >= 0 and tonumber(redis.call('GET', KEYS[index]) or 0) + more > limit then
    return { index - 1, math.max(redis.call('PTTL', KEYS[index]), 1) }
  end
end
for index = 1, 2 do
  redis.call('INCRBY', KEYS[index], ARGV[2])
  if redis.call('PTTL', KEYS[index]) < 0 then redis.call('PEXPIRE', KEYS[index], ARGV[1]) end
end
return {}`);

/** KEYS: messages in a minute of the user and of the workspace. ARGV: messages. Takes them back from the minute that runs. */
const UNCOUNT_MESSAGES = defineScript(`
for index = 1, 2 do
  local count = tonumber(redis.call('GET', KEYS[index]) or 0)
  if count > 0 then redis.call('DECRBY', KEYS[index], math.min(count, tonumber(ARGV[1]))) end
end
return 1`);

/** KEYS: tokens in a day of the user and of the workspace. ARGV: tokens, length of a day in ms. */
const COUNT_TOKENS = defineScript(`
for index = 1, 2 do
  local tokens = redis.call('INCRBY', KEYS[index], ARGV[1])
  if redis.call('PTTL', KEYS[index]) < 0 then redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
end
return 1`);

/** Counts in Redis, for all bot processes. Keys: docs/memory.md. */
export function createRedisQuotaStore(redis: RedisConnection): QuotaStore {
  return {
    async countMessages({ workspace, user, numMessages }, limits) {
      const args = [MINUTE_MS, numMessages, ...LIMITS.map((limit) => limits[limit] ?? -1)];
      const keys = counterKeys(workspace, user);
      const [index, retryAfterMs = 0] = await redis.script<readonly number[]>(COUNT_MESSAGES, keys, args);
      return index === undefined ? undefined : { limit: LIMITS[index]!, retryAfterMs };
    },
    async uncountMessages({ workspace, user, numMessages }) {
      const keys = counterKeys(workspace, user).slice(0, 2);
      await redis.script(UNCOUNT_MESSAGES, keys, [numMessages]);
    },
    async countTokens(workspace, user, tokens) {
      const [, , ...keys] = counterKeys(workspace, user);
      await redis.script(COUNT_TOKENS, keys, [tokens, DAY_MS]);
    },
  };
}

/** In the order of `LIMITS`; the workspace's hash tag keeps them in one slot of a cluster. */
function counterKeys(workspace: string, user: string): readonly string[] {
  const prefix = `cria:{${workspace}}:quota`;
  const person = encodeURIComponent(user);
  return [`${prefix}:minute:${person}`, `${prefix}:minute`, `${prefix}:day:${person}`, `${prefix}:day`];
}

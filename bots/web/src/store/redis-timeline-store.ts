import { defineScript, type RedisConnection } from "@cria/bot-core";
import type { KeptMessage } from "../timeline/kept-message.ts";
import { TIMELINE_CAPACITY, type TimelineStore } from "../timeline/timeline-store.ts";

const CHANNELS_KEY = "cria:web:channels";

/**
 * KEYS: order (sorted set of ids by time), messages (hash of JSON by id). ARGV: id, time, JSON, capacity, TTL in ms.
 * One script, so that a message is never in one of them alone, however many processes write.
 */
const PUT = defineScript(`
redis.call("ZADD", KEYS[1], ARGV[2], ARGV[1])
redis.call("HSET", KEYS[2], ARGV[1], ARGV[3])
local dropped = redis.call("ZRANGE", KEYS[1], 0, -tonumber(ARGV[4]) - 1)
for _, id in ipairs(dropped) do
  redis.call("ZREM", KEYS[1], id)
  redis.call("HDEL", KEYS[2], id)
end
redis.call("PEXPIRE", KEYS[1], ARGV[5])
redis.call("PEXPIRE", KEYS[2], ARGV[5])
return 1
`);

/** KEYS: as above. ARGV: id. */
const REMOVE = defineScript(`
redis.call("ZREM", KEYS[1], ARGV[1])
redis.call("HDEL", KEYS[2], ARGV[1])
return 1
`);

/** KEYS: channels (list). ARGV: name. One script, so that two processes that add a channel at once list it once. */
const ADD_CHANNEL = defineScript(`
if not redis.call("LPOS", KEYS[1], ARGV[1]) then redis.call("RPUSH", KEYS[1], ARGV[1]) end
return 1
`);

/** Keeps timelines in Redis; a channel that is silent for `ttlMs` is forgotten. */
export function createRedisTimelineStore(redis: RedisConnection, ttlMs: number): TimelineStore {
  return {
    outlivesProcess: true,
    async messages(channelId) {
      const [orderKey, messagesKey] = keysOf(channelId);
      const ids = await redis.run((client) => client.zRange(orderKey, 0, -1));
      if (ids.length === 0) return [];
      const stored = await redis.run((client) => client.hmGet(messagesKey, ids));
      // One that another process drops meanwhile is in the order only.
      return stored.filter((json) => json !== null).map((json): KeptMessage => JSON.parse(json));
    },
    async put(channelId, message) {
      const args = [message.id, message.atMs, JSON.stringify(message), TIMELINE_CAPACITY, ttlMs];
      await redis.script(PUT, keysOf(channelId), args);
    },
    async remove(channelId, messageId) {
      await redis.script(REMOVE, keysOf(channelId), [messageId]);
    },
    async forget(channelId) {
      await redis.run((client) => client.del([...keysOf(channelId)]));
    },
    async newest(channelIds) {
      const newest = channelIds.map(async (id) => {
        const [last] = await redis.run((client) => client.zRangeWithScores(keysOf(id)[0], -1, -1));
        return [id, last?.score] as const;
      });
      return Object.fromEntries(
        (await Promise.all(newest)).filter((entry): entry is [string, number] => entry[1] !== undefined),
      );
    },
    async channels() {
      return await redis.run((client) => client.lRange(CHANNELS_KEY, 0, -1));
    },
    async addChannel(name) {
      await redis.script(ADD_CHANNEL, [CHANNELS_KEY], [name]);
    },
  };
}

/** The braces put both keys of a channel on one node of a Redis Cluster. */
function keysOf(channelId: string): readonly [string, string] {
  const prefix = `cria:web:{${encodeURIComponent(channelId)}}`;
  return [`${prefix}:order`, `${prefix}:messages`];
}

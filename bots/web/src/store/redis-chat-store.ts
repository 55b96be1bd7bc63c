import { defineScript, type RedisConnection, type RedisScript } from "@cria/bot-core";
import { type ChatStore, MAX_CHATS } from "../rooms/chat-store.ts";

/**
 * KEYS: chats (sorted set of ids by time), titles (hash by id). ARGV: id, time, title, capacity, TTL in ms.
 * Chats that were silent for the TTL go first: their timelines are gone, too.
 */
const TOUCH = defineScript(`
local silent = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", ARGV[2] - ARGV[5])
for _, id in ipairs(silent) do
  redis.call("ZREM", KEYS[1], id)
  redis.call("HDEL", KEYS[2], id)
end
if not redis.call("ZSCORE", KEYS[1], ARGV[1]) and redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[4]) then return false end
redis.call("ZADD", KEYS[1], ARGV[2], ARGV[1])
if ARGV[3] ~= "" then redis.call("HSETNX", KEYS[2], ARGV[1], ARGV[3]) end
redis.call("PEXPIRE", KEYS[1], ARGV[5])
redis.call("PEXPIRE", KEYS[2], ARGV[5])
return redis.call("HGET", KEYS[2], ARGV[1]) or ""
`);

/** KEYS: as above. ARGV: id, title. One script, so that a chat that is just being removed does not leave its title. */
const RENAME = defineScript(`
if not redis.call("ZSCORE", KEYS[1], ARGV[1]) then return 0 end
redis.call("HSET", KEYS[2], ARGV[1], ARGV[2])
return 1
`);

/** KEYS: as above. ARGV: id. */
const REMOVE = defineScript(`
redis.call("ZREM", KEYS[1], ARGV[1])
redis.call("HDEL", KEYS[2], ARGV[1])
return 1
`);

/** Keeps the lists of chats in Redis; a chat that is silent for `ttlMs` is forgotten. */
export function createRedisChatStore(redis: RedisConnection, ttlMs: number): ChatStore {
  const run = <T>(script: RedisScript, personId: string, args: readonly (string | number)[]) =>
    redis.script<T>(script, keysOf(personId), args);

  return {
    async list(personId) {
      const [chatsKey, titlesKey] = keysOf(personId);
      const [chats, titles] = await Promise.all([
        redis.run((client) => client.zRangeWithScores(chatsKey, 0, -1)),
        redis.run((client) => client.hGetAll(titlesKey)),
      ]);
      const kept = chats.filter(({ score }) => score > Date.now() - ttlMs);
      return kept.reverse().map(({ value: id, score: atMs }) => ({ id, title: titles[id] ?? "", atMs }));
    },
    async touch(personId, { id, title, atMs }) {
      const kept = await run<string | null>(TOUCH, personId, [id, atMs, title, MAX_CHATS, ttlMs]);
      return kept === null ? undefined : { id, title: kept, atMs };
    },
    async rename(personId, chatId, title) {
      return (await run(RENAME, personId, [chatId, title])) === 1;
    },
    async remove(personId, chatId) {
      await run(REMOVE, personId, [chatId]);
    },
  };
}

/** The braces put both keys of a person on one node of a Redis Cluster. */
function keysOf(personId: string): readonly [string, string] {
  const prefix = `cria:web:{person:${encodeURIComponent(personId)}}`;
  return [`${prefix}:chats`, `${prefix}:titles`];
}

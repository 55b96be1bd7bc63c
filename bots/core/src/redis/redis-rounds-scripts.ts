import { defineScript } from "./connection/redis-script.ts";

// KEYS of all that are about a conversation: rounds, kept replies, generation, order of the kept replies.

/** Returns the rounds, and the generation or "". */
export const READ = defineScript(`
return { redis.call('LRANGE', KEYS[1], 0, -1), redis.call('GET', KEYS[3]) or '' }`);

/**
 * ARGV: TTL in ms, generation as it was read. Returns 0 where the conversation was reset since. A generation that is gone is
 * that of a Redis that came back empty: no reset.
 */
const IS_CURRENT = `
local generation = redis.call('GET', KEYS[3])
if generation and generation ~= ARGV[2] then return 0 end`;

/** ARGV: as IS_CURRENT, then most replies, reply id or "", reply. Those kept first make room, whatever the clocks of processes say. */
const KEEP = `
if ARGV[4] ~= '' then
  if redis.call('HSET', KEYS[2], ARGV[4], ARGV[5]) == 1 then redis.call('RPUSH', KEYS[4], ARGV[4]) end
  while redis.call('LLEN', KEYS[4]) > tonumber(ARGV[3]) do redis.call('HDEL', KEYS[2], redis.call('LPOP', KEYS[4])) end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 1`;

export const KEEP_REPLY = defineScript(IS_CURRENT + KEEP);

/**
 * ARGV: as KEEP, then the round, its id or "", the window, the id of the round it replaces or "". A round of the same id is
 * replaced too; the replaced one's reply goes. The window in leaps of `slideWindow`.
 */
export const APPEND_ROUND = defineScript(`${IS_CURRENT}
local round, id, window, replaced = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]
local place = -1
for index, old in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local isRound, fields = pcall(cjson.decode, old)
  local oldId = isRound and type(fields) == 'table' and fields.id
  if oldId and oldId ~= '' and (oldId == id or oldId == replaced) then place = index - 1 end
end
if place >= 0 then
  redis.call('LSET', KEYS[1], place, round)
else
  local length = redis.call('RPUSH', KEYS[1], round)
  if length >= 2 * window then redis.call('LTRIM', KEYS[1], -window, -1) end
end
redis.call('HDEL', KEYS[2], replaced)
redis.call('LREM', KEYS[4], 0, replaced)
${KEEP}`);

/**
 * KEYS: kept replies. ARGV: reply id, reply as it was read, reply as it is to be. Returns 0 where it was changed meanwhile.
 * Written by the caller, as Lua's JSON makes an empty list an object.
 */
export const REPLACE_REPLY = defineScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`);

/** ARGV: ids of messages or of replies. What shows a reply is known from the reply that is kept. */
export const FORGET = defineScript(`
local forgotten = {}
for _, id in ipairs(ARGV) do forgotten[id] = true end
local function read(json)
  local isEntry, fields = pcall(cjson.decode, json)
  return isEntry and type(fields) == 'table' and fields or {}
end
local function isForgotten(json)
  local fields = read(json)
  return forgotten[fields.messageId or ''] or forgotten[fields.id or '']
end
local replies = redis.call('HGETALL', KEYS[2])
for index = 1, #replies, 2 do
  for _, id in ipairs(read(replies[index + 1]).shownIn or {}) do
    if forgotten[id] then forgotten[replies[index]] = true end
  end
end
for _, round in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if isForgotten(round) then redis.call('LREM', KEYS[1], 0, round) end
end
for index = 1, #replies, 2 do
  if isForgotten(replies[index + 1]) then
    redis.call('HDEL', KEYS[2], replies[index])
    redis.call('LREM', KEYS[4], 0, replies[index])
  end
end
return 1`);

/** ARGV: TTL in ms. Returns how many rounds there were. A generation is the time of the reset, of two at once the later one's more. */
export const RESET = defineScript(`
local length = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[3]) or 0)
redis.call('SET', KEYS[3], string.format('%.0f', math.max(now, last + 1)), 'PX', ARGV[1])
return length`);

/** KEYS: threads of a channel by when they were last talked in. ARGV: thread, most threads, TTL in ms. */
export const ADD_THREAD = defineScript(`
local now = redis.call('TIME')[1] * 1000
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

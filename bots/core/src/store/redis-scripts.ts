import { type CommandParser, defineScript } from "redis";

/** KEYS: rounds. ARGV: round, window, TTL in ms. The window in leaps of `slideWindow`. */
const APPEND_TURN = `
local length = redis.call('RPUSH', KEYS[1], ARGV[1])
if length >= 2 * tonumber(ARGV[2]) then redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return length`;

/** KEYS: rounds. Forgets them and returns how many there were. */
const RESET = `
local length = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1])
return length`;

/**
 * KEYS: queue (tokens by arrival), leases (tokens by end). ARGV: token, lease in ms, most waiting.
 * Takes a place or keeps it, frees the places of those who died, and returns how many are ahead; -1 when it is full.
 */
const WAIT_TURN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[1], dead)
  redis.call('ZREM', KEYS[2], dead)
end
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  if redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[3]) then return -1 end
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  redis.call('ZADD', KEYS[1], (last[2] or 0) + 1, ARGV[1])
end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
redis.call('PEXPIRE', KEYS[2], 2 * ARGV[2])
return redis.call('ZRANK', KEYS[1], ARGV[1])`;

/** KEYS and ARGV: as WAIT_TURN. Renews the lease of a place that is still there; never takes a new one. */
const RENEW_TURN = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
redis.call('PEXPIRE', KEYS[2], 2 * ARGV[2])
return 1`;

/** KEYS: as WAIT_TURN. ARGV: token. */
const LEAVE_TURN = `
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])`;

/** Two steps that must not tear are one script; all keys of a script share the conversation's hash tag. */
export const redisScripts = {
  appendTurn: script(APPEND_TURN, 1),
  resetTurns: script(RESET, 1),
  waitTurn: script(WAIT_TURN, 2),
  renewTurn: script(RENEW_TURN, 2),
  leaveTurn: script(LEAVE_TURN, 2),
};

function script(source: string, numKeys: number) {
  return defineScript({
    SCRIPT: source,
    NUMBER_OF_KEYS: numKeys,
    parseCommand(parser: CommandParser, keys: readonly string[], args: readonly (string | number)[]) {
      parser.pushKeys([...keys]);
      parser.push(...args.map(String));
    },
    transformReply: (reply: unknown) => Number(reply),
  });
}

import { type CommandParser, defineScript } from "redis";

/**
 * KEYS: rounds, kept replies. ARGV: TTL in ms, most replies, reply id or "", reply. The oldest replies, whose ids are the
 * least, make room.
 */
const KEEP_REPLY = `
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
  local ids = redis.call('HKEYS', KEYS[2])
  table.sort(ids)
  for index = 1, #ids - tonumber(ARGV[2]) do redis.call('HDEL', KEYS[2], ids[index]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1`;

/**
 * KEYS and ARGV: as KEEP_REPLY, then the round, its id or "", the window, the id of the round it replaces or "". A round of
 * the same id is replaced too; the replaced one's reply goes. The window in leaps of `slideWindow`.
 */
const APPEND_TURN = `
local round, id, window, replaced = ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8]
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
${KEEP_REPLY}`;

/**
 * KEYS: kept replies. ARGV: reply id, reply as it was read, reply as it is to be. Returns 0 where it was changed meanwhile.
 * Written by the caller, as Lua's JSON makes an empty list an object.
 */
const REPLACE_REPLY = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/** KEYS: rounds, kept replies. ARGV: message id. */
const FORGET_QUESTION = `
local function isOfIt(json)
  local isEntry, fields = pcall(cjson.decode, json)
  return isEntry and type(fields) == 'table' and fields.messageId == ARGV[1]
end
for _, round in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if isOfIt(round) then redis.call('LREM', KEYS[1], 0, round) end
end
local replies = redis.call('HGETALL', KEYS[2])
for index = 1, #replies, 2 do
  if isOfIt(replies[index + 1]) then redis.call('HDEL', KEYS[2], replies[index]) end
end
return 1`;

/** KEYS: settings. ARGV: number of fields to set, then those with their values, then the fields to take back. */
const UPDATE_SETTINGS = `
local set = 2 * tonumber(ARGV[1])
for index = 2, set, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
for index = set + 2, #ARGV do redis.call('HDEL', KEYS[1], ARGV[index]) end
return 1`;

/**
 * KEYS: event, unanswered messages. ARGV: TTL in ms, event id, message or "", TTL of the messages in ms, most messages to look
 * at. Returns whether it was the first. The whole hash lives on with each message, so some are looked at for those whose own
 * time is over; every version writes `unanswered.atMs`.
 */
const CLAIM_EVENT = `
if not redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 0 end
if ARGV[3] == '' then return 1 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local oldest = redis.call('TIME')[1] * 1000 - ARGV[4]
local some = redis.call('HRANDFIELD', KEYS[2], ARGV[5], 'WITHVALUES')
for index = 1, #some, 2 do
  local isEntry, fields = pcall(cjson.decode, some[index + 1])
  local message = isEntry and type(fields) == 'table' and fields.unanswered
  local atMs = type(message) == 'table' and tonumber(message.atMs)
  if atMs and atMs < oldest then redis.call('HDEL', KEYS[2], some[index]) end
end
return 1`;

/** KEYS: unanswered messages. ARGV: event id, the beginning of its process's messages. */
const IS_OURS = `
local message = redis.call('HGET', KEYS[1], ARGV[1])
if not message or string.sub(message, 1, string.len(ARGV[2])) ~= ARGV[2] then return 0 end`;

/** KEYS and ARGV: as IS_OURS, then the message. One that was answered or taken meanwhile stays so. */
const KEEP_UNANSWERED = `${IS_OURS}
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/** KEYS and ARGV: as IS_OURS. */
const FORGET_UNANSWERED = `${IS_OURS}
return redis.call('HDEL', KEYS[1], ARGV[1])`;

/**
 * KEYS: processes by their last sign of life. ARGV: process, "1" where it lets go of its messages, TTL in ms. Returns whether
 * it was not there.
 */
const BEAT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local isNew = redis.call('ZADD', KEYS[1], ARGV[2] == '1' and 0 or now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return isNew`;

/** KEYS: as BEAT. ARGV: longest silence in ms. Returns each silent process with its last sign, 0 for one that let go. */
const SILENT_PROCESSES = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1], 'WITHSCORES')`;

/** KEYS: unanswered messages. ARGV: event id, message as its dead process left it, message as its new process has it. */
const TAKE_ABANDONED = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

/**
 * KEYS: messages in a minute of the user and of the workspace, tokens in a day of the user and of the workspace. ARGV: length
 * of a minute in ms, messages, the four limits (-1 for none). Counts the messages and returns 0, or returns 4 times the ms to
 * wait plus the number of the limit that would be passed.
 */
const COUNT_MESSAGES = `
for index = 1, 4 do
  local limit = tonumber(ARGV[index + 2])
  local more = index <= 2 and math.max(math.min(tonumber(ARGV[2]), limit), 1) or 1
  if limit >= 0 and tonumber(redis.call('GET', KEYS[index]) or 0) + more > limit then
    return 4 * math.max(redis.call('PTTL', KEYS[index]), 1) + index - 1
  end
end
for index = 1, 2 do
  redis.call('INCRBY', KEYS[index], ARGV[2])
  if redis.call('PTTL', KEYS[index]) < 0 then redis.call('PEXPIRE', KEYS[index], ARGV[1]) end
end
return 0`;

/** KEYS: messages in a minute of the user and of the workspace. ARGV: messages. Takes them back from the minute that runs. */
const UNCOUNT_MESSAGES = `
for index = 1, 2 do
  local count = tonumber(redis.call('GET', KEYS[index]) or 0)
  if count > 0 then redis.call('DECRBY', KEYS[index], math.min(count, tonumber(ARGV[1]))) end
end
return 1`;

/** KEYS: tokens in a day of the user and of the workspace. ARGV: tokens, length of a day in ms. */
const COUNT_TOKENS = `
for index = 1, 2 do
  local tokens = redis.call('INCRBY', KEYS[index], ARGV[1])
  if redis.call('PTTL', KEYS[index]) < 0 then redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
end
return 1`;

/** KEYS: stream. ARGV: entry, most entries, longest age in ms. Adds an entry and lets the old ones go. */
const ADD_RECORD = `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'json', ARGV[1])
local time = redis.call('TIME')
redis.call('XTRIM', KEYS[1], 'MINID', '~', time[1] * 1000 - ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/** KEYS: rounds, kept replies. Forgets them and returns how many rounds there were. */
const RESET = `
local length = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
return length`;

/**
 * KEYS: queue (tokens by arrival), leases (tokens by end). ARGV: token, lease in ms, most waiting,
 * "enter" to take a place where there is none. Renews the lease, frees the places of those who died, and returns how many are
 * ahead; -1 when the queue is full, -2 when the place is gone.
 */
const WAIT_TURN = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[1], dead)
  redis.call('ZREM', KEYS[2], dead)
end
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  if ARGV[4] ~= 'enter' then return -2 end
  if redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[3]) then return -1 end
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  redis.call('ZADD', KEYS[1], (last[2] or 0) + 1, ARGV[1])
end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
redis.call('PEXPIRE', KEYS[2], 2 * ARGV[2])
return redis.call('ZRANK', KEYS[1], ARGV[1])`;

/** KEYS, token and lease: as WAIT_TURN. Renews the lease of a place that is still there; never takes a new one. */
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

/** Two steps that must not tear are one script; all keys of a script share a hash tag. */
export const redisScripts = {
  addRecord: script(ADD_RECORD, 1),
  appendRound: script(APPEND_TURN, 2),
  beat: script(BEAT, 1),
  claimEvent: script(CLAIM_EVENT, 2),
  countMessages: script(COUNT_MESSAGES, 4),
  countTokens: script(COUNT_TOKENS, 2),
  forgetQuestion: script(FORGET_QUESTION, 2),
  forgetUnanswered: script(FORGET_UNANSWERED, 1),
  keepReply: script(KEEP_REPLY, 2),
  keepUnanswered: script(KEEP_UNANSWERED, 1),
  silentProcesses: { ...script(SILENT_PROCESSES, 1), transformReply: (reply: unknown) => reply as string[] },
  takeAbandoned: script(TAKE_ABANDONED, 1),
  uncountMessages: script(UNCOUNT_MESSAGES, 2),
  updateSettings: script(UPDATE_SETTINGS, 1),
  replaceReply: script(REPLACE_REPLY, 1),
  resetTurns: script(RESET, 2),
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

import { defineScript } from "../connection/redis-script.ts";

// KEYS[1] of all: inbox. ARGV[1] of all: consumer. Where the group is missing all fail with NOGROUP before they write anything.

/**
 * "mine", "taken" or "lost", as `Ownership`, and how often it was delivered. What is there and pending for nobody is of a group
 * that was destroyed: whoever answers it goes on.
 */
const WHOSE = `
local function give(id, consumer, ...)
  redis.call('XCLAIM', KEYS[1], 'bots', consumer, 0, id, 'FORCE', 'JUSTID', 'LASTID', id, ...)
end
local function whose(id, claim)
  local pending = redis.call('XPENDING', KEYS[1], 'bots', id, id, 1)[1]
  if pending then return pending[2] == ARGV[1] and 'mine' or 'taken', pending[4] end
  if #redis.call('XRANGE', KEYS[1], id, id) == 0 then return redis.call('EXISTS', claim) == 1 and 'taken' or 'lost' end
  give(id, ARGV[1], 'RETRYCOUNT', 1)
  return 'mine', 1
end`;

const DROP = `
local function drop(id, entry, pending)
  redis.call('XACK', KEYS[1], 'bots', id)
  redis.call('XDEL', KEYS[1], id)
  redis.call('DEL', entry)
  if pending then redis.call('HDEL', pending, id) end
end`;

/** Consumers are there while something is pending for them, so none is left of the many processes that come and go. */
const TIDY = `
local function tidy(consumer)
  if #redis.call('XPENDING', KEYS[1], 'bots', '-', '+', 1, consumer) > 0 then return end
  redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'bots', consumer)
end`;

/**
 * KEYS: inbox, claim, pending. ARGV: consumer, entry, raw, TTL of the claim and of the inbox in ms, most entries, ids of the
 * message and of the reply as JSON, token of the claim. Returns the entry's id, "claimed" or "full". A claim that was answered too
 * late is given again what it was given; that of what another has taken over tells no token.
 */
export const CLAIM = defineScript(`${WHOSE}
redis.call('XPENDING', KEYS[1], 'bots', '-', '+', 1)
local claim = redis.call('GET', KEYS[2])
if claim then
  local id, token = string.match(claim, '^(%S+) (.*)$')
  if token ~= ARGV[8] or whose(id, KEYS[2]) ~= 'mine' then return 'claimed' end
  give(id, ARGV[1])
  return id
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[6]) then return 'full' end
local id = redis.call('XADD', KEYS[1], '*', 'entry', ARGV[2], 'raw', ARGV[3])
redis.call('SET', KEYS[2], id .. ' ' .. ARGV[8], 'PX', ARGV[4])
redis.call('HSET', KEYS[3], id, ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
give(id, ARGV[1], 'RETRYCOUNT', 1)
return id`);

/** KEYS: inbox, claims. ARGV: consumer, TTL of the claims in ms, ids. Returns whose each is. */
export const RENEW = defineScript(`${WHOSE}
local owners = {}
for index = 3, #ARGV do
  local owner = whose(ARGV[index], KEYS[index - 1])
  if owner == 'mine' then
    give(ARGV[index], ARGV[1])
    redis.call('PEXPIRE', KEYS[index - 1], ARGV[2])
  end
  table.insert(owners, owner)
end
return owners`);

/** KEYS: inbox, claim, entry. ARGV: consumer, id, TTL in ms, fields with their values. Returns whose it is. */
export const KEEP = defineScript(`${WHOSE}
local owner = whose(ARGV[2], KEYS[2])
if owner == 'mine' then
  redis.call('HSET', KEYS[3], unpack(ARGV, 4))
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
end
return owner`);

/**
 * KEYS: inbox, pending. ARGV: consumer, prefix of entries' keys, TTL in ms, how many fields with their values, these, ids of
 * messages or replies: of all where there is none. What is forgotten for its age is found here to be gone.
 */
export const NOTE = defineScript(`
local last = 4 + ARGV[4]
local ids = {}
for index = last + 1, #ARGV do ids[ARGV[index]] = true end
local pending = redis.call('HGETALL', KEYS[2])
for index = 1, #pending, 2 do
  local id, named = pending[index], cjson.decode(pending[index + 1])
  if #redis.call('XRANGE', KEYS[1], id, id) == 0 then
    redis.call('HDEL', KEYS[2], id)
  elseif last == #ARGV or ids[named[1]] or ids[named[2]] then
    redis.call('HSET', ARGV[2] .. id, unpack(ARGV, 5, last))
    redis.call('PEXPIRE', ARGV[2] .. id, ARGV[3])
  end
end
return 1`);

/** KEYS: inbox, claim, entry, pending. ARGV: consumer, id, "1" where the event may be claimed again. Returns whose it was. */
export const END = defineScript(`${WHOSE}${DROP}${TIDY}
local owner = whose(ARGV[2], KEYS[2])
if owner == 'mine' then
  drop(ARGV[2], KEYS[3], KEYS[4])
  tidy(ARGV[1])
  if ARGV[3] == '1' then redis.call('DEL', KEYS[2]) end
end
return owner`);

/**
 * KEYS: inbox, claim, pending. ARGV: consumer, token of the claim, TTL of the claim in ms or "" where the event may be claimed again,
 * prefix of entries' keys. Ends an entry whose claim was answered too late, or keeps it from being made.
 */
export const WITHDRAW = defineScript(`${DROP}${TIDY}
redis.call('XPENDING', KEYS[1], 'bots', '-', '+', 1)
local id, token = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) (.*)$')
if token == ARGV[2] then
  drop(id, ARGV[4] .. id, KEYS[3])
  tidy(ARGV[1])
  if ARGV[3] == '' then redis.call('DEL', KEYS[2]) end
elseif ARGV[3] ~= '' then
  redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3])
end
return 1`);

/** KEYS: inbox, claim. ARGV: consumer, id. Whoever looks takes it at once, as often delivered as before. */
export const RELEASE = defineScript(`${WHOSE}${TIDY}
local owner, count = whose(ARGV[2], KEYS[2])
if owner == 'mine' then
  give(ARGV[2], 'released', 'TIME', 1, 'RETRYCOUNT', count - 1)
  tidy(ARGV[1])
end
return owner`);

/**
 * ARGV: consumer, shortest idle time in ms, from which id, most entries, TTL of the inbox in ms, prefix of entries' keys,
 * whose are looked at or all. Forgets what is too old; returns id and entry of each that nobody renews.
 */
export const LOOK = defineScript(`${DROP}
local look = { 'XPENDING', KEYS[1], 'bots', 'IDLE', ARGV[2], ARGV[3], '+', ARGV[4], ARGV[7] }
local found = {}
for _, pending in ipairs(redis.call(unpack(look))) do
  local entry = redis.call('XRANGE', KEYS[1], pending[1], pending[1])[1]
  table.insert(found, pending[1])
  table.insert(found, entry and entry[2][2] or '')
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
local oldest = redis.call('TIME')[1] * 1000 - ARGV[5]
for _, old in ipairs(redis.call('XRANGE', KEYS[1], '-', oldest, 'COUNT', ARGV[4])) do drop(old[1], ARGV[6] .. old[1]) end
return found`);

/**
 * KEYS: inbox, claim, entry. ARGV: consumer, id, shortest idle time and TTL of the claim in ms. Returns how often it was
 * delivered, its age in ms, its raw event, and what was kept of it as fields with their values; nothing where another was first.
 */
export const TAKE = defineScript(`${TIDY}
local pending = redis.call('XPENDING', KEYS[1], 'bots', ARGV[2], ARGV[2], 1)[1]
local taken = redis.call('XCLAIM', KEYS[1], 'bots', ARGV[1], ARGV[3], ARGV[2])[1]
if not taken then return {} end
tidy(pending[2])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[4])
local time = redis.call('TIME')
local age = time[1] * 1000 + math.floor(time[2] / 1000) - string.match(ARGV[2], '%d+')
return { pending[4] + 1, age, taken[2][4], unpack(redis.call('HGETALL', KEYS[3])) }`);

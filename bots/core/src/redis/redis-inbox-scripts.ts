import { defineScript } from "./redis-script.ts";

// KEYS[1] of all: inbox. ARGV[1] of all: consumer. Each returns an array that begins with 1 where the group was made anew.

/** Made where it is missing; what was delivered before then is pending for nobody. */
const GIVE = `
local isNew = 0
local function give(id, consumer, ...)
  local claim = { 'XCLAIM', KEYS[1], 'bots', consumer, 0, id, 'FORCE', 'JUSTID', 'LASTID', id, ... }
  if not redis.pcall(unpack(claim)).err then return end
  redis.call('XGROUP', 'CREATE', KEYS[1], 'bots', '$')
  redis.call(unpack(claim))
  isNew = 1
end`;

const DROP = `
local function drop(id, entry)
  redis.pcall('XACK', KEYS[1], 'bots', id)
  redis.call('XDEL', KEYS[1], id)
  redis.call('DEL', entry)
end`;

/** "mine", "taken" or "lost", as \`Ownership\`. An entry that is there and pending for nobody is that of a destroyed group. */
const WHOSE = `${GIVE}
local function whose(id, claim)
  local pending = redis.pcall('XPENDING', KEYS[1], 'bots', id, id, 1)[1]
  if pending then return pending[2] == ARGV[1] and 'mine' or 'taken', pending[4] end
  if #redis.call('XRANGE', KEYS[1], id, id) == 0 then return redis.call('EXISTS', claim) == 1 and 'taken' or 'lost' end
  give(id, ARGV[1], 'RETRYCOUNT', 1)
  return 'mine', 1
end`;

/**
 * KEYS: inbox, claim. ARGV: consumer, entry, raw, TTL of the claim and of the inbox in ms, most entries. Returns the entry's
 * id, "claimed" or "full".
 */
export const CLAIM = defineScript(`${GIVE}
if redis.call('EXISTS', KEYS[2]) == 1 then return { 0, 'claimed' } end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[6]) then return { 0, 'full' } end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[4])
local id = redis.call('XADD', KEYS[1], '*', 'entry', ARGV[2], 'raw', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
give(id, ARGV[1], 'RETRYCOUNT', 1)
return { isNew, id }`);

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
return { isNew, unpack(owners) }`);

/** KEYS: inbox, claim, entry. ARGV: consumer, id, TTL in ms, fields with their values. Returns whose it is. */
export const KEEP = defineScript(`${WHOSE}
local owner = whose(ARGV[2], KEYS[2])
if owner == 'mine' then
  redis.call('HSET', KEYS[3], unpack(ARGV, 4))
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
end
return { isNew, owner }`);

/** KEYS: inbox, claim, entry. ARGV: consumer, id, "1" where the event may be claimed again. Returns whose it was. */
export const END = defineScript(`${WHOSE}${DROP}
local owner = whose(ARGV[2], KEYS[2])
if owner == 'mine' then
  drop(ARGV[2], KEYS[3])
  if ARGV[3] == '1' then redis.call('DEL', KEYS[2]) end
end
return { isNew, owner }`);

/** KEYS: inbox, claim. ARGV: consumer, id. Whoever looks sees it at once, and as often delivered as before. */
export const RELEASE = defineScript(`${WHOSE}
local owner, count = whose(ARGV[2], KEYS[2])
if owner == 'mine' then give(ARGV[2], 'released', 'TIME', 1, 'RETRYCOUNT', count - 1) end
return { isNew }`);

/**
 * ARGV: consumer, shortest idle time in ms, from which id, most entries, consumer to look at or "", TTL of the inbox in ms,
 * prefix of entries' keys. Forgets what is too old; returns id and entry of each that nobody renews.
 */
export const LOOK = defineScript(`${DROP}
redis.call('PEXPIRE', KEYS[1], ARGV[6])
local oldest = redis.call('TIME')[1] * 1000 - ARGV[6]
for _, old in ipairs(redis.call('XRANGE', KEYS[1], '-', oldest, 'COUNT', ARGV[4])) do drop(old[1], ARGV[7] .. old[1]) end
local look = { 'XPENDING', KEYS[1], 'bots', 'IDLE', ARGV[2], ARGV[3], '+', ARGV[4] }
if ARGV[5] ~= '' then table.insert(look, ARGV[5]) end
local found = { 0 }
for _, pending in ipairs(redis.pcall(unpack(look))) do
  local entry = redis.call('XRANGE', KEYS[1], pending[1], pending[1])[1]
  if entry then
    table.insert(found, pending[1])
    table.insert(found, entry[2][2])
  else
    drop(pending[1], ARGV[7] .. pending[1])
  end
end
return found`);

/**
 * KEYS: inbox, claim, entry. ARGV: consumer, id, shortest idle time and TTL of the claim in ms. Returns how often it was
 * delivered, its raw event, and what was kept of it as fields with their values; nothing where another was first.
 */
export const TAKE = defineScript(`
local taken = redis.call('XCLAIM', KEYS[1], 'bots', ARGV[1], ARGV[3], ARGV[2])[1]
if not taken then return { 0 } end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[4])
local count = redis.call('XPENDING', KEYS[1], 'bots', ARGV[2], ARGV[2], 1)[1][4]
return { 0, count, taken[2][4], unpack(redis.call('HGETALL', KEYS[3])) }`);

/** ARGV: consumer, idle time in ms. Removes the consumers that processes left; one that lives is made anew by its next entry. */
export const TIDY = defineScript(`
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], 'bots')
for _, fields in ipairs(consumers) do
  local consumer = {}
  for index = 1, #fields, 2 do consumer[fields[index]] = fields[index + 1] end
  if consumer.pending == 0 and consumer.idle >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], 'bots', consumer.name)
  end
end
return { 0 }`);

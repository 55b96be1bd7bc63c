import { randomUUID } from "node:crypto";
import type { EnterOptions, QueuePlace, TurnQueue } from "../conversation/turn-queue.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { type Left, RedisQueuePlace } from "./redis-queue-place.ts";
import { defineScript } from "./redis-script.ts";

/** On which those who wait hear of those who leave. */
const CHANNEL = "cria:turns";

/** KEYS: queue (places by the ids of their entries), leases (places by their end), who has the turn. */
const KEYS = ["queue", "leases", "holder"] as const;

/** Frees the places of those who died. Whoever has the turn keeps it, also when an older entry comes. */
const QUEUE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[1], dead)
  redis.call('ZREM', KEYS[2], dead)
end
local function holder()
  local holder = redis.call('GET', KEYS[3])
  if holder and redis.call('ZSCORE', KEYS[1], holder) then return holder end
  return redis.call('ZRANGE', KEYS[1], 0, 0)[1]
end`;

/**
 * ARGV: place, score, lease in ms, most places or "" for a place that is there already. Takes the place and renews its lease.
 * Returns how many are ahead; -1 when the queue is full.
 */
const ENTER = defineScript(`${QUEUE}
if ARGV[4] ~= '' and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return -1 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
local turn = holder()
redis.call('SET', KEYS[3], turn)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 2 * ARGV[3]) end
if turn == ARGV[1] then return 0 end
local ahead = redis.call('ZRANK', KEYS[1], ARGV[1])
return redis.call('ZRANK', KEYS[1], turn) > ahead and ahead + 1 or ahead`);

/**
 * ARGV: place, channel, process, conversation. Tells those who wait who has left, and whose turn it is where that changes;
 * returns what it told them, or "" where nobody waits.
 */
const LEAVE = defineScript(`${QUEUE}
local had = holder()
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return '' end
local has = holder()
if not has then
  redis.call('DEL', KEYS[3])
  return ''
end
redis.call('SET', KEYS[3], has, 'KEEPTTL')
local left = { process = ARGV[3], conversation = ARGV[4], place = ARGV[1], holder = had ~= has and has or nil }
local message = cjson.encode(left)
redis.call('PUBLISH', ARGV[2], message)
return message`);

/** A queue a conversation, across processes. Each place has a lease, so that of a process that died is free when it ends. */
export class RedisTurnQueue implements TurnQueue {
  readonly #redis: RedisConnection;
  readonly #leaseMs: number;
  readonly #process = randomUUID();
  readonly #places = new Map<string, Set<RedisQueuePlace>>();

  constructor(redis: RedisConnection, leaseMs: number) {
    this.#redis = redis;
    this.#leaseMs = leaseMs;
    redis.subscribe(CHANNEL, (message) => {
      const left = JSON.parse(message) as Left;
      if (left.process !== this.#process) this.#hear(left);
    });
  }

  async enter(conversation: string, options: EnterOptions): Promise<QueuePlace> {
    options.signal.throwIfAborted();
    const places = this.#places.get(conversation) ?? new Set();
    this.#places.set(conversation, places);
    const place = new RedisQueuePlace(options, {
      leaseMs: this.#leaseMs,
      enter: (args) => this.#redis.script<number>(ENTER, keysOf(conversation), args),
      leave: async (member) => {
        places.delete(place);
        if (places.size === 0) this.#places.delete(conversation);
        const args = [member, CHANNEL, this.#process, conversation];
        const message = await this.#redis.script<string>(LEAVE, keysOf(conversation), args);
        if (message !== "") this.#hear(JSON.parse(message) as Left);
      },
    });
    places.add(place);
    await place.enter();
    return place;
  }

  #hear(left: Left): void {
    for (const place of this.#places.get(left.conversation) ?? []) place.hear(left);
  }
}

const keysOf = (conversation: string) => KEYS.map((part) => `cria:{${conversation}}:${part}`);

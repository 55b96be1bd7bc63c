import { EventEmitter } from "node:events";
import { busyError, MAX_WAITING_TURNS } from "../conversation/limits.ts";
import { type EnterOptions, idScore, type QueuePlace, type TurnQueue } from "../conversation/turn-queue.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { defineScript } from "./connection/redis-script.ts";

/** Renewals in a lease. */
const RENEWALS = 3;
/** On which those who wait hear whose turn it is. */
const CHANNEL = "cria:turns";

/** Who waits, ids of replies by the ids of their entries, and who has the turn as long as it renews it. Whoever takes an entry over has its place. */
const keysOf = (conversation: string) => [`cria:{${conversation}}:waiting`, `cria:{${conversation}}:turn`];

/**
 * KEYS: as above. ARGV: place, its score, lease in ms; "has" of the place that has the turn, "waits", or the most who wait where
 * the place is new. Takes the place, or renews it. Returns how many are ahead; -1 where too many wait. Where Redis has lost the
 * queue, whoever has the turn takes it back before those who wait take it.
 */
const ENTER = defineScript(`
local turn = redis.call('GET', KEYS[2]) or (ARGV[4] == 'has' and ARGV[1])
local maxWaiting = tonumber(ARGV[4])
if turn ~= ARGV[1] then
  local isFull = turn and maxWaiting and redis.call('ZCARD', KEYS[1]) >= maxWaiting
  if isFull and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return -1 end
  local numAdded = redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], 2 * ARGV[3])
  if not turn and (maxWaiting or numAdded == 0) then
    turn = redis.call('ZPOPMIN', KEYS[1])[1]
    redis.call('SET', KEYS[2], turn, 'PX', ARGV[3])
  end
end
if turn ~= ARGV[1] then return redis.call('ZRANK', KEYS[1], ARGV[1]) + 1 end
redis.call('SET', KEYS[2], turn, 'PX', ARGV[3])
return 0`);

/** ARGV: place, lease in ms, channel, conversation. Gives the turn on, and returns whose it is now; "" where it is nobody's. */
const LEAVE = defineScript(`
redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return '' end
redis.call('DEL', KEYS[2])
local turn = redis.call('ZPOPMIN', KEYS[1])[1]
if not turn then return '' end
redis.call('SET', KEYS[2], turn, 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[3], turn .. ' ' .. ARGV[4])
return turn`);

/** A queue a conversation, across processes. */
export class RedisTurnQueue implements TurnQueue {
  readonly redis: RedisConnection;
  readonly leaseMs: number;
  /** Says whose turn it is, by conversation. */
  readonly turns = new EventEmitter().setMaxListeners(0);

  constructor(redis: RedisConnection, leaseMs: number) {
    this.redis = redis;
    this.leaseMs = leaseMs;
    redis.subscribe(CHANNEL, (message) => {
      const [turn, conversation = ""] = message.split(" ");
      this.turns.emit(conversation, turn);
    });
  }

  async enter(conversation: string, options: EnterOptions): Promise<QueuePlace> {
    options.signal.throwIfAborted();
    const place = new RedisQueuePlace(this, conversation, options);
    await place.enter();
    return place;
  }
}

/** A place, renewed until it is left; while Redis is away it is tried again and again. */
class RedisQueuePlace implements QueuePlace {
  readonly turn: Promise<void>;
  readonly #queue: RedisTurnQueue;
  readonly #conversation: string;
  readonly #options: EnterOptions;
  #take!: () => void;
  #isWaiting = true;
  #ahead = 0;
  #heard = "";
  #renewing: NodeJS.Timeout | undefined;
  /** A place that is left must not be taken again by what was sent before. */
  #sent: Promise<unknown> | undefined;
  #left: Promise<void> | undefined;

  constructor(queue: RedisTurnQueue, conversation: string, options: EnterOptions) {
    this.#queue = queue;
    this.#conversation = conversation;
    this.#options = options;
    this.turn = new Promise((resolve, reject) => {
      this.#take = resolve;
      const giveUp = () => {
        if (this.#isWaiting) void this.leave();
        reject(options.signal.reason);
      };
      options.signal.addEventListener("abort", giveUp, { once: true });
    });
    this.turn.catch(() => undefined); // Whoever waits hears of it.
  }

  async enter(): Promise<void> {
    const { turns, leaseMs } = this.#queue;
    turns.on(this.#conversation, this.#hear);
    const renew = () => void this.#send(this.#isWaiting ? "waits" : "has").catch(() => undefined);
    this.#renewing = setInterval(renew, leaseMs / RENEWALS).unref();
    try {
      await this.#send(MAX_WAITING_TURNS);
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #leave(): Promise<void> {
    const { redis, leaseMs, turns } = this.#queue;
    this.#isWaiting = false;
    clearInterval(this.#renewing);
    turns.off(this.#conversation, this.#hear);
    await this.#sent;
    const args = [this.#options.replyId, leaseMs, CHANNEL, this.#conversation];
    const turn = await redis.script<string>(LEAVE, keysOf(this.#conversation), args).catch(() => "");
    turns.emit(this.#conversation, turn);
  }

  /** The others count down without asking. Those of the same process hear it twice. */
  readonly #hear = (turn: string): void => {
    if (turn === "" || turn === this.#heard) return;
    this.#heard = turn;
    this.#report(turn === this.#options.replyId ? 0 : Math.max(1, this.#ahead - 1));
  };

  async #send(state: "has" | "waits" | number): Promise<void> {
    const { redis, leaseMs } = this.#queue;
    const { replyId, id } = this.#options;
    const sent = redis.script<number>(ENTER, keysOf(this.#conversation), [replyId, idScore(id), leaseMs, state]);
    this.#sent = sent.catch(() => undefined);
    const ahead = await sent;
    if (ahead === -1) throw busyError();
    this.#report(ahead);
  }

  #report(ahead: number): void {
    if (!this.#isWaiting) return;
    if (ahead > 0 && ahead !== this.#ahead) this.#options.onWaiting?.(ahead);
    this.#ahead = ahead;
    if (ahead > 0) return;
    this.#isWaiting = false;
    this.#take();
  }
}

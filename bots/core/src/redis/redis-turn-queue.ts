import { EventEmitter } from "node:events";
import { busyError, MAX_WAITING_TURNS } from "../conversation/limits.ts";
import { type EnterOptions, idScore, type QueuePlace, type TurnQueue } from "../conversation/turn-queue.ts";
import { BotError } from "../port/bot-error.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { defineScript } from "./connection/redis-script.ts";

/** Renewals in a lease. */
const RENEWALS = 3;
/** Leases that a place outlives its process: after two its entry is taken over, and its place with it. */
const LIFE = 3;
/** On which those who wait hear whose turn it is. */
const CHANNEL = "cria:turns";

/** Who waits, ids of replies by the ids of their entries, and who has the turn. Whoever takes an entry over has its place. */
const keysOf = (conversation: string) => [`cria:{${conversation}}:waiting`, `cria:{${conversation}}:turn`];

/** Whether a place is new, waits, or has the turn, as far as its process knows. */
type PlaceState = "new" | "waits" | "has";

/**
 * KEYS: as above. ARGV: place, its score, its life in ms, its state, most places that wait. Takes the place, or renews it. Returns
 * how many are ahead; -1 where too many wait. Where Redis has lost the queue, whoever has the turn takes it back before those who
 * wait take it.
 */
const ENTER = defineScript(`
local place, state = ARGV[1], ARGV[4]
local turn = redis.call('GET', KEYS[2]) or (state == 'has' and place)
if turn ~= place then
  local isKnown = redis.call('ZSCORE', KEYS[1], place)
  local isFull = turn and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[5])
  if isFull and not isKnown and state == 'new' then return -1 end
  redis.call('ZADD', KEYS[1], ARGV[2], place)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  if not turn and (isKnown or state == 'new') then
    turn = redis.call('ZPOPMIN', KEYS[1])[1]
    redis.call('SET', KEYS[2], turn, 'PX', ARGV[3])
  end
end
if turn ~= place then return redis.call('ZRANK', KEYS[1], place) + 1 end
redis.call('SET', KEYS[2], turn, 'PX', ARGV[3])
return 0`);

/** ARGV: place, life in ms, channel, conversation. Gives the turn on, and returns whose it is now; "" where it is nobody's. */
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
    this.turn = new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  async enter(): Promise<void> {
    const { turns, leaseMs } = this.#queue;
    turns.on(this.#conversation, this.#hear);
    this.#renewing = setInterval(() => this.#renew(), leaseMs / RENEWALS).unref();
    try {
      await this.#send("new");
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  abandon(): void {
    this.#isWaiting = false;
    clearInterval(this.#renewing);
    this.#queue.turns.off(this.#conversation, this.#hear);
  }

  async #leave(): Promise<void> {
    this.abandon();
    await this.#sent;
    await this.#giveOn(LIFE * RENEWALS);
  }

  /** While Redis is away it is tried again, as long as the place lasts there. */
  async #giveOn(triesLeft: number): Promise<void> {
    const { redis, leaseMs, turns } = this.#queue;
    const args = [this.#options.replyId, LIFE * leaseMs, CHANNEL, this.#conversation];
    try {
      turns.emit(this.#conversation, await redis.script<string>(LEAVE, keysOf(this.#conversation), args));
    } catch (error) {
      this.#onFault(error);
      if (error instanceof BotError && triesLeft > 0)
        setTimeout(() => void this.#giveOn(triesLeft - 1), leaseMs / RENEWALS).unref();
    }
  }

  /** The others count down without asking. Those of the same process hear it twice. */
  readonly #hear = (turn: string): void => {
    if (turn === "" || turn === this.#heard) return;
    this.#heard = turn;
    this.#report(turn === this.#options.replyId ? 0 : Math.max(1, this.#ahead - 1));
  };

  /** While Redis is away this is tried again and again; another's place is not renewed. */
  #renew(): void {
    const { isHeld = () => true } = this.#options;
    if (isHeld()) void this.#send(this.#isWaiting ? "waits" : "has").catch((error: unknown) => this.#onFault(error));
  }

  /** What Redis refuses is for its owner to mend. */
  #onFault(error: unknown): void {
    if (error instanceof BotError) return;
    const { logger } = this.#queue.redis;
    logger.error({ err: error, conversation: this.#conversation }, "Redis refuses a place in a queue");
  }

  async #send(state: PlaceState): Promise<void> {
    const { redis, leaseMs } = this.#queue;
    const { replyId, id } = this.#options;
    const args = [replyId, idScore(id), LIFE * leaseMs, state, MAX_WAITING_TURNS];
    const sent = redis.script<number>(ENTER, keysOf(this.#conversation), args);
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

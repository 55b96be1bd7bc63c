import { randomUUID } from "node:crypto";
import { busyError, MAX_WAITING_TURNS } from "../conversation/limits.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** As the script says it. */
const FULL = -1;
const GONE = -2;

/** Keys of a conversation's queue and of its leases. */
export type TurnKeys = readonly [queue: string, leases: string];

/** A place in a conversation's queue: a token with a lease, there until it is left or the lease ends. */
export class RedisTurnPlace {
  readonly keys: TurnKeys;
  readonly #redis: RedisConnection;
  readonly #leaseMs: number;
  readonly #token = randomUUID();

  constructor(redis: RedisConnection, keys: TurnKeys, leaseMs: number) {
    this.keys = keys;
    this.#redis = redis;
    this.#leaseMs = leaseMs;
  }

  /** Goes to the end of the queue unless it is in it, and says how many are ahead. Throws a `BotError` when the queue is full. */
  async enter(): Promise<number> {
    const ahead = await this.#wait("enter");
    if (ahead === FULL) throw busyError();
    return ahead;
  }

  /** How many are ahead; undefined where the place is gone. Renews the lease. */
  async ahead(): Promise<number | undefined> {
    const ahead = await this.#wait("stay");
    return ahead === GONE ? undefined : ahead;
  }

  /** Renews the lease and leaves the others' alone. False where the place is gone. */
  async renew(): Promise<boolean> {
    return (await this.#redis.run((client) => client.renewTurn(this.keys, [this.#token, this.#leaseMs]))) === 1;
  }

  /** Without Redis the lease ends by itself. */
  async leave(): Promise<void> {
    await this.#redis.run((client) => client.leaveTurn(this.keys, [this.#token])).catch(() => undefined);
  }

  #wait(intent: "enter" | "stay"): Promise<number> {
    const args = [this.#token, this.#leaseMs, MAX_WAITING_TURNS, intent];
    return this.#redis.run((client) => client.waitTurn(this.keys, args));
  }
}

import { randomUUID } from "node:crypto";
import type { TakeTurnOptions } from "../conversation-store.ts";
import { pause } from "../pause.ts";
import { busyError, MAX_WAITING_TURNS } from "./limits.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** A process that dies holds a conversation up for at most this long. */
const LEASE_MS = 10_000;
const RENEW_MS = LEASE_MS / 3;
/** How often a waiter looks whether its turn has come; it hears of those of its own process at once. */
const POLL_MS = 100;

/**
 * One queue a conversation, across processes, in order of arrival. Each place is a token with a lease that its process
 * renews, so the place of a process that died is free when its lease ends.
 */
export class RedisTurnQueue {
  readonly #redis: RedisConnection;
  readonly #leaseMs: number;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(redis: RedisConnection, leaseMs = LEASE_MS) {
    this.#redis = redis;
    this.#leaseMs = leaseMs;
  }

  async take(
    keys: readonly [string, string],
    { signal, onWaiting, onLost }: TakeTurnOptions,
  ): Promise<() => Promise<void>> {
    const token = randomUUID();
    const leave = () => this.#leave(keys, token);
    try {
      await this.#wait(keys, token, { signal, onWaiting: reportChanges(onWaiting) });
    } catch (error) {
      await leave();
      throw error;
    }
    const left = new AbortController();
    void this.#renewUntilLeft(keys, token, { signal: left.signal, onLost });
    return async () => {
      left.abort();
      await leave();
    };
  }

  async #renewUntilLeft(
    keys: readonly [string, string],
    token: string,
    { signal, onLost }: Pick<TakeTurnOptions, "signal" | "onLost">,
  ): Promise<void> {
    const renewMs = Math.min(RENEW_MS, this.#leaseMs / 3);
    do await pause(renewMs, signal);
    while (!signal.aborted && (await this.#renew(keys, token, onLost)));
  }

  async #wait(keys: readonly [string, string], token: string, { signal, onWaiting }: TakeTurnOptions): Promise<void> {
    while (true) {
      signal.throwIfAborted();
      const args = [token, this.#leaseMs, MAX_WAITING_TURNS];
      const ahead = await this.#redis.run((client) => client.waitTurn(keys, args));
      if (ahead === 0) return;
      if (ahead < 0) throw busyError();
      onWaiting?.(ahead);
      await this.#pause(keys[0], signal);
    }
  }

  /** Until someone of this process leaves the queue, or the time to look has come. */
  async #pause(queue: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(queue) ?? new Set();
    this.#waiting.set(queue, waiting);
    const woken = new AbortController();
    const wake = () => woken.abort();
    waiting.add(wake);
    await pause(POLL_MS, AbortSignal.any([signal, woken.signal]));
    waiting.delete(wake);
    if (waiting.size === 0) this.#waiting.delete(queue);
  }

  /** False when the place is lost. A renewal that fails is tried again with the next. */
  async #renew(keys: readonly [string, string], token: string, onLost: TakeTurnOptions["onLost"]): Promise<boolean> {
    try {
      if (await this.#redis.run((client) => client.renewTurn(keys, [token, this.#leaseMs]))) return true;
      if (!(await onLost?.())) return false;
      await this.#redis.run((client) => client.waitTurn(keys, [token, this.#leaseMs, MAX_WAITING_TURNS]));
    } catch {
      // Redis is away.
    }
    return true;
  }

  /** Without Redis the lease ends by itself. */
  async #leave(keys: readonly [string, string], token: string): Promise<void> {
    await this.#redis.run((client) => client.leaveTurn(keys, [token])).catch(() => undefined);
    for (const wake of this.#waiting.get(keys[0]) ?? []) wake();
  }
}

/** Polls say the same again and again; people hear of a change. */
function reportChanges(onWaiting: TakeTurnOptions["onWaiting"]): (ahead: number) => void {
  let last = 0;
  return (ahead) => {
    if (ahead !== last) onWaiting?.(ahead);
    last = ahead;
  };
}

import type { TakeTurnOptions } from "../conversation/conversation-store.ts";
import { pause } from "../port/pause.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { RedisTurnPlace, type TurnKeys } from "./redis-turn-place.ts";

/** A process that dies holds a conversation up for at most this long. */
const LEASE_MS = 10_000;
/** Renewals in that time. */
const RENEWALS = 3;
/** How often a waiter looks whether its turn has come; it hears of those of its own process at once. */
const POLL_MS = 100;

/**
 * One queue a conversation, across processes, in order of arrival. Each place has a lease that its process renews, so the place
 * of a process that died is free when its lease ends.
 */
export class RedisTurnQueue {
  readonly #redis: RedisConnection;
  readonly #leaseMs: number;
  readonly #renewMs: number;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(redis: RedisConnection, leaseMs = LEASE_MS) {
    this.#redis = redis;
    this.#leaseMs = leaseMs;
    this.#renewMs = leaseMs / RENEWALS;
  }

  async take(keys: TurnKeys, options: TakeTurnOptions): Promise<() => Promise<void>> {
    const place = new RedisTurnPlace(this.#redis, keys, this.#leaseMs);
    try {
      await this.#wait(place, { ...options, onWaiting: reportChanges(options.onWaiting) });
    } catch (error) {
      await this.#leave(place);
      throw error;
    }
    const left = new AbortController();
    void this.#hold(place, { ...options, signal: left.signal });
    return async () => {
      left.abort();
      await this.#leave(place);
    };
  }

  async #wait(place: RedisTurnPlace, options: TakeTurnOptions): Promise<void> {
    const { signal, onWaiting } = options;
    signal.throwIfAborted();
    let ahead: number | undefined = await place.enter();
    while (ahead !== 0) {
      if (ahead === undefined) {
        ahead = await this.#enterAgain(place, options);
        continue;
      }
      onWaiting?.(ahead);
      await this.#pause(place.keys[0], signal);
      signal.throwIfAborted();
      ahead = await place.ahead();
    }
  }

  /** Where Redis lost its data, whoever has the turn comes first: it is taken again with the next renewal. */
  async #enterAgain(place: RedisTurnPlace, { signal, reclaim, onLost }: TakeTurnOptions): Promise<number> {
    const ownership = await reclaim?.();
    if (ownership === "taken") onLost?.();
    if (ownership === "restored") await pause(1.5 * this.#renewMs, signal);
    signal.throwIfAborted();
    return await place.enter();
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

  /** Renews the turn until it is left or lost. A renewal that fails is tried again with the next. */
  async #hold(place: RedisTurnPlace, { signal, reclaim, onLost }: TakeTurnOptions): Promise<void> {
    let isRestored = false;
    const renew = async () => {
      if (await place.renew()) return true;
      isRestored ||= (await reclaim?.()) === "restored";
      if (!isRestored) return false;
      await place.enter();
      isRestored = false;
      return true;
    };
    let isHeld = true;
    while (isHeld) {
      await pause(this.#renewMs, signal);
      if (signal.aborted) return;
      isHeld = await renew().catch(() => true);
      if (signal.aborted) return await this.#leave(place);
    }
    onLost?.();
  }

  async #leave(place: RedisTurnPlace): Promise<void> {
    await place.leave();
    for (const wake of this.#waiting.get(place.keys[0]) ?? []) wake();
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

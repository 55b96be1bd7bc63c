import { PriorityClasses } from "./priority-classes.ts";
import type { Queued } from "./queued.ts";
import { minus, plus, TenantUsage, type Usage, usageOf } from "./tenant-usage.ts";

/** Most that may wait. */
export interface QueueLimits {
  readonly maxRequests: number;
  /** Of prompts. One alone may be longer. */
  readonly maxTokens: number;
}

/**
 * Requests that wait for a row, and the shares of those that have one. Lower `priority` first; within a priority the tenant
 * that was served least (`VirtualTokenCounter`); within a tenant first come first served. `PriorityClasses` keeps none out for ever.
 */
export class FairQueue<Item extends Queued> {
  readonly #classes = new PriorityClasses<Item>();
  readonly #usage = new TenantUsage();
  #nextTimeoutAt = Number.POSITIVE_INFINITY;

  /** Requests that wait. */
  get size(): number {
    return this.#usage.total.numRequests;
  }

  /** Prompt tokens of all that wait. */
  get numTokens(): number {
    return this.#usage.total.numTokens;
  }

  /** Tenants of those that wait. */
  get numWaitingTenants(): number {
    return this.#usage.numTenants;
  }

  /** Tenants that it remembers, once for each priority they asked with. */
  get numTenants(): number {
    return this.#classes.numTenants;
  }

  /** Requests that go before the tenant's next one, at most, where priorities are equal. */
  numAheadOf(tenant: string): number {
    return this.#usage.numAheadOf(tenant);
  }

  /**
   * Lets one wait. A full queue makes room for it: the newest leave of the tenant that holds most, if that tenant still holds
   * no less than the one that asks; what has a higher priority than the one that comes stays. Returns those that left;
   * undefined when there is no room, and nothing has changed.
   */
  add(item: Item, limits: QueueLimits): readonly Item[] | undefined {
    const pushedOut = this.#roomFor(item, limits);
    if (pushedOut === undefined) return undefined;
    for (const other of pushedOut) this.remove(other);
    this.#usage.add(item);
    this.#classes.add(item);
    this.#nextTimeoutAt = Math.min(this.#nextTimeoutAt, timeoutAt(item));
    return pushedOut;
  }

  /** The one that gets the next row. */
  peek(): Item | undefined {
    return this.#classes.next();
  }

  /** One that waited gets a row; `numTokens` of its prompt are to be computed. */
  admit(item: Item, numTokens: number): void {
    this.#classes.admit(item, numTokens);
    this.#usage.remove(item);
  }

  /** One that has a row had tokens drawn. */
  countDrawn(item: Item, numTokens: number): void {
    this.#classes.countDrawn(item, numTokens);
  }

  /** One that has a row gives it back. */
  release(item: Item): void {
    this.#classes.release(item);
  }

  /** One that waits leaves. */
  remove(item: Item): void {
    this.#classes.remove(item);
    this.#usage.remove(item);
  }

  /** Removes and returns those that have waited as long as they would. Looks at all only when one is due. */
  removeTimedOut(now: number): readonly Item[] {
    if (now < this.#nextTimeoutAt) return [];
    const waiting = this.#classes.waiting();
    const timedOut = waiting.filter((item) => timeoutAt(item) <= now);
    for (const item of timedOut) this.remove(item);
    const left = waiting.map(timeoutAt).filter((at) => at > now);
    this.#nextTimeoutAt = left.reduce((next, at) => Math.min(next, at), Number.POSITIVE_INFINITY);
    return timedOut;
  }

  /** Who leaves for one that comes; undefined where that one must not come in. */
  #roomFor(item: Item, limits: QueueLimits): readonly Item[] | undefined {
    const { tenant, priority } = item.request;
    const asked = usageOf(item);
    const all = plus(this.#usage.total, asked);
    const excess = excessOf(all, limits);
    if (excess === undefined) return [];
    const largest = this.#usage.largest(excess) ?? tenant;
    const pushedOut: Item[] = [];
    let left = all;
    for (const other of this.#classes.newestOf(largest, priority)) {
      if (excessOf(left, limits) === undefined) break;
      pushedOut.push(other);
      left = minus(left, usageOf(other));
    }
    const staying = minus(this.#usage.of(largest), minus(all, left));
    const isFair = staying[excess] >= plus(this.#usage.of(tenant), asked)[excess];
    return isFair && excessOf(left, limits) === undefined ? pushedOut : undefined;
  }
}

/** Which limit is passed. One prompt alone may be longer than all that may wait. */
function excessOf({ numRequests, numTokens }: Usage, limits: QueueLimits): keyof Usage | undefined {
  if (numRequests > 1 && numTokens > limits.maxTokens) return "numTokens";
  return numRequests > limits.maxRequests ? "numRequests" : undefined;
}

function timeoutAt({ arrivedAt, request }: Queued): number {
  return arrivedAt + (request.maxQueueTimeMs ?? Number.POSITIVE_INFINITY);
}

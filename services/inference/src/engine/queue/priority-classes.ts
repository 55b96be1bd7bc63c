import type { Queued } from "./queued.ts";
import { VirtualTokenCounter } from "./virtual-token-counter.ts";

/** One priority: its tenants, and how many rows had been given when it got one, or began to wait. */
interface PriorityClass<Item extends Queued> {
  readonly tenants: VirtualTokenCounter<Item>;
  lastServed: number;
}

/** One row in so many goes to the priority that has gone longest without. */
const AGEING = 16;

/**
 * Those who wait for rows and those who have one, by priority: lower goes first, and each counts its tenants' shares for itself.
 *
 * Ageing: every 16th row goes to the priority that has gone longest without, so none is kept out by one that never pauses; of
 * n priorities that wait, each gets one of 16 n rows. Rows are counted and not time, so no clock can upset it.
 */
export class PriorityClasses<Item extends Queued> {
  readonly #classes = new Map<number, PriorityClass<Item>>();
  #numServed = 0;

  /** Tenants that it remembers, once for each priority they asked with. */
  get numTenants(): number {
    return [...this.#classes.values()].reduce((sum, { tenants }) => sum + tenants.numTenants, 0);
  }

  /** All that wait. */
  waiting(): readonly Item[] {
    return [...this.#classes.values()].flatMap(({ tenants }) => tenants.waiting());
  }

  /** What waits of a tenant and has no higher priority than this: the lowest first, of each the newest. */
  newestOf(tenant: string, priority: number): readonly Item[] {
    const lower = [...this.#classes].filter(([other]) => other >= priority).sort(([a], [b]) => b - a);
    return lower.flatMap(([, { tenants }]) => tenants.waitingOf(tenant).toReversed());
  }

  /** One comes to wait. */
  add(item: Item): void {
    const { priority } = item.request;
    const known = this.#classes.get(priority) ?? { tenants: new VirtualTokenCounter<Item>(), lastServed: 0 };
    if (known.tenants.numWaiting === 0) known.lastServed = this.#numServed;
    this.#classes.set(priority, known);
    known.tenants.add(item);
  }

  /** The one that gets the next row. */
  next(): Item | undefined {
    const isAgeing = (this.#numServed + 1) % AGEING === 0;
    let first: { readonly rank: number; readonly tenants: VirtualTokenCounter<Item> } | undefined;
    for (const [priority, { tenants, lastServed }] of this.#classes) {
      const rank = isAgeing ? lastServed : priority;
      if (tenants.numWaiting > 0 && (first === undefined || rank < first.rank)) first = { rank, tenants };
    }
    return first?.tenants.next();
  }

  /** One that waited gets a row; `numTokens` of its prompt are to be computed. */
  admit(item: Item, numTokens: number): void {
    const known = this.#classOf(item);
    known.lastServed = ++this.#numServed;
    known.tenants.admit(item, numTokens);
  }

  /** One that has a row had tokens drawn. */
  countDrawn(item: Item, numTokens: number): void {
    this.#classOf(item).tenants.countDrawn(item, numTokens);
  }

  /** One that has a row gives it back. */
  release(item: Item): void {
    this.#classOf(item).tenants.release(item);
    this.#forgetIdle(item);
  }

  /** One that waits leaves. */
  remove(item: Item): void {
    this.#classOf(item).tenants.remove(item);
    this.#forgetIdle(item);
  }

  #classOf({ request }: Item): PriorityClass<Item> {
    return this.#classes.get(request.priority)!;
  }

  #forgetIdle(item: Item): void {
    if (this.#classOf(item).tenants.isIdle) this.#classes.delete(item.request.priority);
  }
}

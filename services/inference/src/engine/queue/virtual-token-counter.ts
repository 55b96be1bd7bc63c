import type { Queued } from "./queued.ts";

/** Weights of the paper's experiments: a drawn token takes a step of its own, prompt tokens share one. */
const INPUT_TOKEN_COST = 1;
const OUTPUT_TOKEN_COST = 2;
/** Idle tenants whose counters are remembered; more than that, and the longest idle start even with the others. */
const MAX_IDLE_TENANTS = 4_096;

/** A tenant that waits or runs. */
interface Tenant<Item> {
  readonly id: string;
  /** Service received, in weighted tokens. */
  counter: number;
  /** First come first served. */
  readonly waiting: Item[];
  numRunning: number;
}

/**
 * Fair shares by the Virtual Token Counter: Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024 (arXiv
 * 2401.00588, algorithm 2). A free row goes to the tenant that was served least, counted in weighted tokens: those of a prompt
 * when it gets its row, those of a reply as they are drawn. So what two tenants get that both wait all the time never differs by
 * more than twice what one may have in flight.
 *
 * - Prompt tokens that the prefix cache knew cost nothing: nobody waits for what is not computed, and a long conversation is
 *   no greed. So does "Locality-aware Fair Scheduling in LLM Serving" (Cao et al., 2025, arXiv 2501.14312).
 * - A tenant that comes to wait starts no lower than the lowest that waits already: idleness earns no credit.
 * - Nor lower than virtual time, which rises by each cost shared out among the tenants that wait or run, as in weighted fair
 *   queueing (Demers et al., SIGCOMM 1989). With the paper's rule alone, an endless stream of new tenants would all start at
 *   the lowest counter, and keep out for ever whoever has been served once.
 * - An idle tenant is forgotten once virtual time has reached its counter, as it would start no lower; all are when nobody
 *   waits or runs.
 *
 * `add` and `next` look at each tenant that waits or runs, whatever it has waiting; nothing looks at idle ones.
 */
export class VirtualTokenCounter<Item extends Queued> {
  readonly #tenants = new Map<string, Tenant<Item>>();
  /** Counters above virtual time, of idle tenants; the longest idle first. */
  readonly #idle = new Map<string, number>();
  #virtualTime = 0;
  #numWaiting = 0;

  /** Whether nobody waits or runs. */
  get isIdle(): boolean {
    return this.#tenants.size === 0;
  }

  get numWaiting(): number {
    return this.#numWaiting;
  }

  /** Tenants that it remembers, the idle ones too. */
  get numTenants(): number {
    return this.#tenants.size + this.#idle.size;
  }

  /** All that wait, by tenants; of each the oldest first. */
  waiting(): readonly Item[] {
    return [...this.#tenants.values()].flatMap(({ waiting }) => waiting);
  }

  /** What waits of a tenant, the oldest first. */
  waitingOf(tenantId: string): readonly Item[] {
    return this.#tenants.get(tenantId)?.waiting ?? [];
  }

  add(item: Item): void {
    const tenant = this.#tenants.get(item.request.tenant) ?? this.#enter(item.request.tenant);
    if (tenant.waiting.length === 0) tenant.counter = Math.max(tenant.counter, this.#level());
    tenant.waiting.push(item);
    this.#numWaiting++;
  }

  /** Whose turn it is: the oldest of the tenant with the lowest counter; of equals, of who has fewer rows. */
  next(): Item | undefined {
    let first: Tenant<Item> | undefined;
    for (const tenant of this.#tenants.values()) {
      if (tenant.waiting.length > 0 && (first === undefined || isBefore(tenant, first))) first = tenant;
    }
    return first?.waiting[0];
  }

  /** One that waited got a row; `numTokens` of its prompt are to be computed. */
  admit(item: Item, numTokens: number): void {
    const tenant = this.#takeOut(item);
    tenant.numRunning++;
    this.#charge(tenant, numTokens * INPUT_TOKEN_COST);
  }

  /** One that runs had tokens drawn. */
  countDrawn(item: Item, numTokens: number): void {
    this.#charge(this.#tenantOf(item), numTokens * OUTPUT_TOKEN_COST);
  }

  /** One that ran gave its row back. */
  release(item: Item): void {
    const tenant = this.#tenantOf(item);
    tenant.numRunning--;
    this.#forgetIdle(tenant);
  }

  /** One that waited left without a row. */
  remove(item: Item): void {
    this.#forgetIdle(this.#takeOut(item));
  }

  #tenantOf({ request }: Item): Tenant<Item> {
    return this.#tenants.get(request.tenant)!;
  }

  #takeOut(item: Item): Tenant<Item> {
    const tenant = this.#tenantOf(item);
    tenant.waiting.splice(tenant.waiting.indexOf(item), 1);
    this.#numWaiting--;
    return tenant;
  }

  #enter(id: string): Tenant<Item> {
    const tenant: Tenant<Item> = { id, counter: this.#idle.get(id) ?? 0, waiting: [], numRunning: 0 };
    this.#idle.delete(id);
    this.#tenants.set(id, tenant);
    return tenant;
  }

  /** Where one starts that comes to wait: virtual time, which is never behind all who wait. */
  #level(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const { waiting, counter } of this.#tenants.values()) {
      if (waiting.length > 0) lowest = Math.min(lowest, counter);
    }
    if (Number.isFinite(lowest)) this.#virtualTime = Math.max(this.#virtualTime, lowest);
    return this.#virtualTime;
  }

  #charge(tenant: Tenant<Item>, cost: number): void {
    tenant.counter += cost;
    this.#virtualTime += cost / this.#tenants.size;
  }

  #forgetIdle({ id, counter, waiting, numRunning }: Tenant<Item>): void {
    if (waiting.length > 0 || numRunning > 0) return;
    this.#tenants.delete(id);
    this.#idle.set(id, counter);
    for (const [idleId, idleCounter] of this.#idle) {
      const matters = !this.isIdle && idleCounter > this.#virtualTime && this.#idle.size <= MAX_IDLE_TENANTS;
      if (matters) break;
      this.#idle.delete(idleId);
    }
    if (this.isIdle) this.#virtualTime = 0;
  }
}

function isBefore(tenant: Tenant<Queued>, other: Tenant<Queued>): boolean {
  if (tenant.counter !== other.counter) return tenant.counter < other.counter;
  return tenant.numRunning < other.numRunning;
}

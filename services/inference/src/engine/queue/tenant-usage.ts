import type { Queued } from "./queued.ts";

/** How many wait, and their prompt tokens. */
export interface Usage {
  readonly numRequests: number;
  readonly numTokens: number;
}

const NOTHING: Usage = { numRequests: 0, numTokens: 0 };

export function usageOf({ numPromptTokens }: Queued): Usage {
  return { numRequests: 1, numTokens: numPromptTokens };
}

export function plus(a: Usage, b: Usage): Usage {
  return { numRequests: a.numRequests + b.numRequests, numTokens: a.numTokens + b.numTokens };
}

export function minus(a: Usage, b: Usage): Usage {
  return { numRequests: a.numRequests - b.numRequests, numTokens: a.numTokens - b.numTokens };
}

/** What each tenant has waiting, whatever its priority. Who has nothing waiting is not in it. */
export class TenantUsage {
  readonly #byTenant = new Map<string, Usage>();
  #total = NOTHING;

  get total(): Usage {
    return this.#total;
  }

  get numTenants(): number {
    return this.#byTenant.size;
  }

  of(tenant: string): Usage {
    return this.#byTenant.get(tenant) ?? NOTHING;
  }

  add(item: Queued): void {
    this.#set(item, plus);
  }

  remove(item: Queued): void {
    this.#set(item, minus);
  }

  /** Who holds most; undefined if nobody holds anything. */
  largest(measure: keyof Usage): string | undefined {
    let largest: string | undefined;
    let most = 0;
    for (const [tenant, usage] of this.#byTenant) {
      if (usage[measure] <= most) continue;
      largest = tenant;
      most = usage[measure];
    }
    return largest;
  }

  /** How many go before the tenant's next one where tenants take turns: it comes in the round after those of its own. */
  numAheadOf(tenant: string): number {
    const numRounds = this.of(tenant).numRequests + 1;
    let numAhead = 0;
    for (const { numRequests } of this.#byTenant.values()) numAhead += Math.min(numRequests, numRounds);
    return numAhead;
  }

  #set(item: Queued, change: (a: Usage, b: Usage) => Usage): void {
    const { tenant } = item.request;
    const usage = change(this.of(tenant), usageOf(item));
    this.#total = change(this.#total, usageOf(item));
    if (usage.numRequests > 0) this.#byTenant.set(tenant, usage);
    else this.#byTenant.delete(tenant);
  }
}

import { DAY_MS, LIMITS, MINUTE_MS, type QuotaLimits, type QuotaRefusal, type QuotaStore } from "./quota.ts";

/** Counters are looked through for those that ended when so many are kept. */
const MAX_COUNTERS = 10_000;

interface Counter {
  readonly count: number;
  readonly endsAtMs: number;
}

/** Counts in this process, until it ends. The twin of the Redis store. */
export function createMemoryQuotaStore(): QuotaStore {
  return new MemoryQuotaStore();
}

class MemoryQuotaStore implements QuotaStore {
  readonly #counters = new Map<string, Counter>();

  async countMessage(workspace: string, user: string, limits: QuotaLimits): Promise<QuotaRefusal | undefined> {
    const keys = counterKeys(workspace, user);
    for (const [index, limit] of LIMITS.entries()) {
      const { count, endsAtMs } = this.#live(keys[index]!);
      if (count >= (limits[limit] ?? Infinity)) return { limit, retryAfterMs: endsAtMs - Date.now() };
    }
    this.#add(keys[0], 1, MINUTE_MS);
    this.#add(keys[1], 1, MINUTE_MS);
    return undefined;
  }

  async countTokens(workspace: string, user: string, tokens: number): Promise<void> {
    const [, , userTokens, workspaceTokens] = counterKeys(workspace, user);
    this.#add(userTokens, tokens, DAY_MS);
    this.#add(workspaceTokens, tokens, DAY_MS);
  }

  #add(key: string, amount: number, lifeMs: number): void {
    const { count, endsAtMs } = this.#live(key);
    if (this.#counters.size >= MAX_COUNTERS) this.#forgetEnded();
    this.#counters.set(key, { count: count + amount, endsAtMs: endsAtMs || Date.now() + lifeMs });
  }

  #live(key: string): Counter {
    const counter = this.#counters.get(key);
    return counter && counter.endsAtMs > Date.now() ? counter : { count: 0, endsAtMs: 0 };
  }

  #forgetEnded(): void {
    const now = Date.now();
    for (const [key, { endsAtMs }] of this.#counters) if (endsAtMs <= now) this.#counters.delete(key);
  }
}

/** In the order of `LIMITS`. */
function counterKeys(workspace: string, user: string): readonly [string, string, string, string] {
  return [`${workspace} ${user} minute`, `${workspace} minute`, `${workspace} ${user} day`, `${workspace} day`];
}

import { DAY_MS, LIMITS, MINUTE_MS, type QuotaLimits, type QuotaRefusal, type QuotaStore } from "../admission/quota.ts";
import { ExpiringMap } from "./expiring-map.ts";

/** Of a minute, and of a day, some 200 bytes each: 40 MB. Beyond them those that began first begin anew. */
const MAX_COUNTERS = 100_000;

/** Counts in this process, until it ends. The twin of the Redis store. */
export function createMemoryQuotaStore(): QuotaStore {
  return new MemoryQuotaStore();
}

class MemoryQuotaStore implements QuotaStore {
  readonly #messages = new ExpiringMap<number>({ lifeMs: MINUTE_MS, maxSize: MAX_COUNTERS });
  readonly #tokens = new ExpiringMap<number>({ lifeMs: DAY_MS, maxSize: MAX_COUNTERS });

  async countMessage(workspace: string, user: string, limits: QuotaLimits): Promise<QuotaRefusal | undefined> {
    for (const limit of LIMITS) {
      const counters = limit.includes("Messages") ? this.#messages : this.#tokens;
      const key = limit.startsWith("user") ? personKey(workspace, user) : workspace;
      if ((counters.get(key) ?? 0) >= (limits[limit] ?? Infinity))
        return { limit, retryAfterMs: counters.remainingMs(key) };
    }
    add(this.#messages, { workspace, user, amount: 1 });
    return undefined;
  }

  async countTokens(workspace: string, user: string, tokens: number): Promise<void> {
    add(this.#tokens, { workspace, user, amount: tokens });
  }
}

/** A workspace's own key has no space. */
const personKey = (workspace: string, user: string) => `${workspace} ${user}`;

interface Use {
  readonly workspace: string;
  readonly user: string;
  readonly amount: number;
}

function add(counters: ExpiringMap<number>, { workspace, user, amount }: Use): void {
  for (const key of [personKey(workspace, user), workspace])
    if (!counters.update(key, (count) => count + amount)) counters.set(key, amount);
}

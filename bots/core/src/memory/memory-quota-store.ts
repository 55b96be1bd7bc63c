import {
  DAY_MS,
  LIMITS,
  type MessageUse,
  MINUTE_MS,
  type QuotaLimits,
  type QuotaRefusal,
  type QuotaStore,
} from "../admission/quota.ts";
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

  async countMessages(use: MessageUse, limits: QuotaLimits): Promise<QuotaRefusal | undefined> {
    const { workspace, user, numMessages } = use;
    for (const limit of LIMITS) {
      const most = limits[limit] ?? Infinity;
      const isOfMessages = limit.includes("Messages");
      const counters = isOfMessages ? this.#messages : this.#tokens;
      const key = limit.startsWith("user") ? personKey(workspace, user) : workspace;
      const more = isOfMessages ? Math.max(Math.min(numMessages, most), 1) : 1;
      if ((counters.get(key) ?? 0) + more > most) return { limit, retryAfterMs: counters.remainingMs(key) };
    }
    add(this.#messages, { workspace, user, amount: numMessages });
    return undefined;
  }

  async uncountMessages({ workspace, user, numMessages }: MessageUse): Promise<void> {
    for (const key of [personKey(workspace, user), workspace])
      this.#messages.update(key, (count) => Math.max(count - numMessages, 0));
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

import type { Logger } from "pino";
import { z } from "zod";
import type { ConversationSettings, ConversationStore, TakeTurnOptions, Turn } from "../conversation-store.ts";
import { EVENT_TTL_MS } from "./limits.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { RedisTurnQueue } from "./redis-turn-queue.ts";

const turnSchema = z.object({
  author: z.string(),
  user: z.string(),
  context: z.string().optional(),
  assistant: z.string(),
  atMs: z.number(),
});

/** Fields of a Redis hash are strings; a value that is not one of ours counts as not set. */
const settingsSchema = z.object({
  model: z.string().optional().catch(undefined),
  system: z.string().optional().catch(undefined),
  contextMode: z.enum(["off", "turns", "merged"]).optional().catch(undefined),
  window: z.coerce.number().int().positive().optional().catch(undefined),
});

/** How a Redis store is made. */
export interface RedisStoreOptions {
  /** As `redis://user:password@host:port/db`; `rediss:` for TLS. */
  readonly url: string;
  /** How long a silent conversation is remembered, in milliseconds. */
  readonly turnsTtlMs: number;
  readonly logger: Logger;
  /** How long the turn of a process that died lasts, in milliseconds. Default 10,000. */
  readonly leaseMs?: number;
}

/** Shared by all bot processes. Resolves within two seconds even without Redis, and uses it as soon as it is there. */
export async function createRedisConversationStore(options: RedisStoreOptions): Promise<ConversationStore> {
  const redis = await connectRedis(options.url, options.logger);
  return new RedisConversationStore(redis, options);
}

/** Keys: docs/memory.md. The hash tag keeps a conversation's keys in one slot of a cluster. */
const key = (conversation: string, part: "turns" | "settings" | "queue" | "leases") => `cria:{${conversation}}:${part}`;

class RedisConversationStore implements ConversationStore {
  readonly kind = "redis";
  readonly #redis: RedisConnection;
  readonly #turnsTtlMs: number;
  readonly #turnQueue: RedisTurnQueue;

  constructor(redis: RedisConnection, { turnsTtlMs, leaseMs }: RedisStoreOptions) {
    this.#redis = redis;
    this.#turnsTtlMs = turnsTtlMs;
    this.#turnQueue = new RedisTurnQueue(redis, leaseMs);
  }

  async turns(conversation: string): Promise<readonly Turn[]> {
    const rounds = await this.#redis.run((client) => client.lRange(key(conversation, "turns"), 0, -1));
    return rounds.flatMap(parseTurn);
  }

  async appendTurn(conversation: string, turn: Turn, window: number): Promise<void> {
    const args = [JSON.stringify(turn), window, this.#turnsTtlMs];
    await this.#redis.run((client) => client.appendTurn([key(conversation, "turns")], args));
  }

  async reset(conversation: string): Promise<number> {
    return await this.#redis.run((client) => client.resetTurns([key(conversation, "turns")], []));
  }

  async settings(conversation: string): Promise<ConversationSettings> {
    const fields = await this.#redis.run((client) => client.hGetAll(key(conversation, "settings")));
    return present(settingsSchema.parse(fields));
  }

  async updateSettings(conversation: string, patch: { [K in keyof ConversationSettings]: unknown }): Promise<void> {
    const fields = Object.entries(patch);
    const set = fields.flatMap(([field, value]) => (value === undefined ? [] : [[field, String(value)] as const]));
    const unset = fields.flatMap(([field, value]) => (value === undefined ? [field] : []));
    await this.#redis.run((client) => {
      const transaction = client.multi();
      if (set.length > 0) transaction.hSet(key(conversation, "settings"), Object.fromEntries(set));
      if (unset.length > 0) transaction.hDel(key(conversation, "settings"), unset);
      return transaction.exec();
    });
  }

  async claimEvent(eventId: string): Promise<boolean> {
    const expiration = { type: "PX", value: EVENT_TTL_MS } as const;
    const claim = await this.#redis.run((client) =>
      client.set(`cria:event:{${eventId}}`, "1", { condition: "NX", expiration }),
    );
    return claim === "OK";
  }

  async takeTurn(conversation: string, options: TakeTurnOptions): Promise<() => Promise<void>> {
    return await this.#turnQueue.take([key(conversation, "queue"), key(conversation, "leases")], options);
  }

  async close(): Promise<void> {
    await this.#redis.close();
  }
}

/** A round that this version cannot read is left out rather than stopping the conversation. */
function parseTurn(json: string): readonly Turn[] {
  try {
    const { context, ...turn } = turnSchema.parse(JSON.parse(json));
    return [context === undefined ? turn : { ...turn, context }];
  } catch {
    return [];
  }
}

function present(settings: z.infer<typeof settingsSchema>): ConversationSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

import { randomUUID } from "node:crypto";
import type { RedisConnection } from "./redis-connection.ts";
import type { RedisScript } from "./redis-script.ts";

/** Keys: docs/memory.md. A writer's are in one slot of a cluster. */
export const inboxKey = (writer: string) => `cria:{${writer}}:inbox`;
export const claimKey = (writer: string, eventId: string) => `cria:{${writer}}:event:${encodeURIComponent(eventId)}`;
export const entryKey = (writer: string, id: string) => `cria:{${writer}}:entry:${id}`;

/** The consumer group of each inbox, as this process is one of its consumers. */
export class RedisInboxGroup {
  readonly #redis: RedisConnection;
  readonly #consumer = randomUUID();
  /** Whose group this process has seen. */
  readonly #writers = new Set<string>();

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** Runs a script of the inbox. What it returns first says that the group had to be made: anew, where it was seen before. */
  async run<T extends readonly unknown[]>(
    script: RedisScript,
    writer: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<T> {
    const answer = await this.#redis.script<[isNew: number, ...T]>(
      script,
      [inboxKey(writer), ...keys],
      [this.#consumer, ...args],
    );
    const [isNew, ...rest] = answer;
    if (isNew === 1 && this.#writers.has(writer))
      this.#redis.logger.warn({ writer }, "the inbox's consumer group was gone from Redis, and is made anew");
    if (isNew === 1) this.#writers.add(writer);
    return rest as unknown as T;
  }
}

import { randomUUID } from "node:crypto";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { RedisScript } from "../connection/redis-script.ts";

/** How long an entry is kept that no process takes: nobody waits for its answer any more. */
export const INBOX_TTL_MS = 7 * 86_400_000;

/** Keys: docs/memory.md. All of a writer's are in one slot of a cluster. */
const inboxKey = (writer: string) => `cria:{${writer}}:inbox`;
export const claimKey = (writer: string, eventId: string) => `cria:{${writer}}:event:${encodeURIComponent(eventId)}`;
export const pendingKey = (writer: string, conversation: string) => `cria:{${writer}}:pending:${conversation}`;
export const entryKey = (writer: string, id: string) => `cria:{${writer}}:entry:${id}`;

/** What a script gets beside the inbox and the consumer. */
interface ScriptOptions {
  readonly writer: string;
  readonly keys?: readonly string[];
  readonly args: readonly (string | number)[];
}

/** Runs scripts on inboxes as one consumer of their groups. */
export type RunOnInbox = <T>(script: RedisScript, options: ScriptOptions) => Promise<T>;

/** A group that is missing is made, with a line in the log where it had been there, and the script run again. */
export function createRunOnInbox(redis: RedisConnection): RunOnInbox {
  const consumer = randomUUID();
  const seen = new Set<string>();
  const createGroup = async (writer: string) => {
    const key = inboxKey(writer);
    const wasThere = seen.has(writer) || (await redis.run((client) => client.exists(key))) === 1;
    const create = redis.run((client) => client.xGroupCreate(key, "bots", "$", { MKSTREAM: true }));
    const isMade = await create.catch(ignoring("BUSYGROUP"));
    if (isMade && wasThere) redis.logger.warn({ key }, "an inbox's group was gone from Redis, and is made anew");
  };
  return async <T>(script: RedisScript, { writer, keys = [], args }: ScriptOptions) => {
    const run = () => redis.script<T>(script, [inboxKey(writer), ...keys], [consumer, ...args]);
    const result = await run().catch(ignoring("NOGROUP"));
    if (result === undefined) await createGroup(writer);
    seen.add(writer);
    return result ?? (await run());
  };
}

/** Undefined for an error of Redis that begins so. */
const ignoring = (code: string) => (error: unknown) => {
  if (error instanceof Error && error.message.startsWith(code)) return undefined;
  throw error;
};

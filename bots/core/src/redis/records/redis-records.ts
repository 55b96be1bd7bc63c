import type { RedisConnection } from "../connection/redis-connection.ts";
import { defineScript } from "../connection/redis-script.ts";

/** KEYS: stream. ARGV: entry, most entries, longest age in ms. Adds an entry and lets the old ones go. */
const ADD_RECORD = defineScript(`
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'json', ARGV[1])
local time = redis.call('TIME')
redis.call('XTRIM', KEYS[1], 'MINID', '~', time[1] * 1000 - ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

/** What a stream of records keeps. */
export interface RecordLimits {
  readonly maxRecords: number;
  readonly ttlMs: number;
}

/** Adds a record, as JSON, to a stream. */
export async function addRecord(
  redis: RedisConnection,
  key: string,
  record: unknown,
  { maxRecords, ttlMs }: RecordLimits,
): Promise<void> {
  await redis.script(ADD_RECORD, [key], [JSON.stringify(record), maxRecords, ttlMs]);
}

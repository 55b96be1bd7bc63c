import { conversationKey } from "../conversation/conversation-key.ts";
import type { Place } from "../port/place.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** Deleted at once; a workspace may have many keys. */
const BATCH = 500;

/** Keys of conversations that Redis remembers something of, sorted. */
export async function rememberedConversations(redis: RedisConnection): Promise<readonly string[]> {
  const keys = await redis.keys("cria:{*}:turns");
  return keys.map((key) => /^cria:\{(.*)\}:turns$/.exec(key)![1]!).sort();
}

/** How much `forget` deleted. */
export interface Forgotten {
  readonly keys: number;
  /** In transcript and feedback. */
  readonly lines: number;
  /** That nobody had answered. */
  readonly messages: number;
}

/**
 * Deletes everything about a conversation and its threads, its lines in transcript and feedback and its unanswered messages
 * included, or everything about a workspace.
 */
export async function forget(redis: RedisConnection, key: string): Promise<Forgotten> {
  const pattern = escapeGlob(key);
  const keys = [...(await redis.keys(`cria:{${pattern}}:*`)), ...(await redis.keys(`cria:{${pattern}:*}:*`))];
  for (let from = 0; from < keys.length; from += BATCH)
    await Promise.all(keys.slice(from, from + BATCH).map((name) => redis.run((client) => client.del(name))));
  const workspace = key.split(":", 2).join(":");
  const streams = [`cria:{${workspace}}:transcript`, `cria:{${workspace}}:feedback`];
  const lines = await Promise.all(streams.map((stream) => forgetLines(redis, stream, key)));
  const messages = await forgetMessages(redis, `cria:{${workspace}}:unanswered`, key);
  return { keys: keys.length, lines: lines.reduce((sum, count) => sum + count, 0), messages };
}

async function forgetMessages(redis: RedisConnection, hash: string, conversation: string): Promise<number> {
  const entries = Object.entries(await redis.run((client) => client.hGetAll(hash)));
  const ids = entries.filter(([, json]) => isUnder(conversation, placeOf(json))).map(([id]) => id);
  return ids.length === 0 ? 0 : await redis.run((client) => client.hDel(hash, ids));
}

async function forgetLines(redis: RedisConnection, stream: string, conversation: string): Promise<number> {
  let count = 0;
  let from = "-";
  while (true) {
    const entries = (await redis.run((client) => client.xRange(stream, from, "+", { COUNT: BATCH }))) ?? [];
    const ids = entries
      .filter(({ message }) => isUnder(conversation, read(message.json ?? "").conversation))
      .map(({ id }) => id);
    if (ids.length > 0) count += await redis.run((client) => client.xDel(stream, ids));
    if (entries.length < BATCH) return count;
    from = `(${entries.at(-1)!.id}`;
  }
}

/** The conversation of an unanswered message, as any version wrote it. */
function placeOf(json: string): string | undefined {
  const { place } = (read(json).unanswered ?? {}) as { place?: Place };
  return place && conversationKey(place);
}

function isUnder(conversation: string, key: unknown): boolean {
  return typeof key === "string" && (key === conversation || key.startsWith(`${conversation}:`));
}

/** The fields of an entry; none of one that is not ours. */
function read(json: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(json));
  } catch {
    return {};
  }
}

/** Redis reads `*`, `?`, `[` and `\` of a pattern as its own. */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, "\\$&");
}

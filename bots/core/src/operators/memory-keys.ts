import type { RedisConnection } from "../store/redis-connection.ts";

/** Deleted at once; a workspace may have many keys. */
const BATCH = 500;

/** Keys of conversations that Redis remembers something of, sorted. */
export async function rememberedConversations(redis: RedisConnection): Promise<readonly string[]> {
  const keys = await redis.keys("cria:{*}:turns");
  return keys.map((key) => /^cria:\{(.*)\}:turns$/.exec(key)![1]!).sort();
}

/**
 * Deletes everything about a conversation and its threads, its lines in transcript and feedback included, or everything
 * about a workspace. Returns how many keys and lines were deleted.
 */
export async function forget(
  redis: RedisConnection,
  key: string,
): Promise<{ readonly keys: number; readonly lines: number }> {
  const pattern = escapeGlob(key);
  const keys = [...(await redis.keys(`cria:{${pattern}}:*`)), ...(await redis.keys(`cria:{${pattern}:*}:*`))];
  for (let from = 0; from < keys.length; from += BATCH)
    await Promise.all(keys.slice(from, from + BATCH).map((name) => redis.run((client) => client.del(name))));
  const workspace = key.split(":", 2).join(":");
  const streams = [`cria:{${workspace}}:transcript`, `cria:{${workspace}}:feedback`];
  const lines = await Promise.all(streams.map((stream) => forgetLines(redis, stream, key)));
  return { keys: keys.length, lines: lines.reduce((sum, count) => sum + count, 0) };
}

async function forgetLines(redis: RedisConnection, stream: string, conversation: string): Promise<number> {
  let count = 0;
  let from = "-";
  while (true) {
    const entries = (await redis.run((client) => client.xRange(stream, from, "+", { COUNT: BATCH }))) ?? [];
    const ids = entries.filter(({ message }) => isOf(message.json ?? "", conversation)).map(({ id }) => id);
    if (ids.length > 0) count += await redis.run((client) => client.xDel(stream, ids));
    if (entries.length < BATCH) return count;
    from = `(${entries.at(-1)!.id}`;
  }
}

function isOf(json: string, conversation: string): boolean {
  try {
    const key = (JSON.parse(json) as { conversation?: unknown }).conversation;
    return typeof key === "string" && (key === conversation || key.startsWith(`${conversation}:`));
  } catch {
    return false;
  }
}

/** Redis reads `*`, `?`, `[` and `\` of a pattern as its own. */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, "\\$&");
}

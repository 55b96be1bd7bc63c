import { conversationKey } from "../conversation/conversation-key.ts";
import type { NewEntry } from "../conversation/inbox.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { createRedisRounds } from "./redis-rounds.ts";
import { createRedisSignals } from "./redis-signals.ts";

/** Deleted at once; a workspace may have many keys. */
const BATCH = 500;

/** Keys of conversations of which Redis has rounds, sorted. */
export async function rememberedConversations(redis: RedisConnection): Promise<readonly string[]> {
  return conversationsOf(await redis.keys("cria:{*}:turns"));
}

/** Keys of a workspace's conversations of which Redis has anything, if only that they were reset, sorted. */
export async function knownConversations(redis: RedisConnection, workspace: string): Promise<readonly string[]> {
  return conversationsOf(await redis.keys(`cria:{${escapeGlob(workspace)}:*}:*`));
}

function conversationsOf(keys: readonly string[]): readonly string[] {
  return [...new Set(keys.map((key) => /^cria:\{(.*)\}:/.exec(key)![1]!))].sort();
}

/** How much `forget` deleted. */
export interface Forgotten {
  readonly keys: number;
  /** In transcript and feedback. */
  readonly lines: number;
  /** That were pending. */
  readonly messages: number;
}

/** Keys that are not deleted: an inbox holds others' messages too, and claims and generations, which keep a message from being answered or remembered, expire. */
const KEPT = /\}:(inbox$|event:|generation$)/;
/** Longer than any reply takes. */
const GENERATION_TTL_MS = 86_400_000;

/**
 * Deletes everything about a conversation and its threads, its lines in transcript and feedback and its pending messages
 * included, or everything about a workspace. Replies that are under way end as those to deleted messages; each conversation
 * counts as reset for a day, so that none of them is remembered.
 * @throws RangeError for a key that names neither, as a platform's name
 */
export async function forget(redis: RedisConnection, key: string): Promise<Forgotten> {
  if (!/^[^:]+:[^:]/.test(key))
    throw new RangeError(
      `${key} names no conversation and no workspace; a key looks like web:local:general or slack:T024BE7LD`,
    );
  const platform = escapeGlob(key.split(":", 1)[0]!);
  const inboxes = await redis.keys(`cria:{${platform}:*}:inbox`);
  const asked = (await Promise.all(inboxes.map((inbox) => forgetMessages(redis, inbox, key)))).flat();
  const pattern = escapeGlob(key);
  const all = [...(await redis.keys(`cria:{${pattern}}:*`)), ...(await redis.keys(`cria:{${pattern}:*}:*`))];
  const keys = all.filter((name) => !KEPT.test(name));
  const { rounds } = createRedisRounds(redis, GENERATION_TTL_MS);
  const remembered = keys.flatMap((name) => /^cria:\{(.*)\}:(?:turns|replies)$/.exec(name)?.[1] ?? []);
  await inBatches([...new Set([...asked, ...remembered])], (conversation) => rounds.reset(conversation));
  await inBatches(keys, (name) => redis.run((client) => client.del(name)));
  const workspace = key.split(":", 2).join(":");
  const streams = [`cria:{${workspace}}:transcript`, `cria:{${workspace}}:feedback`];
  const lines = await Promise.all(streams.map((stream) => forgetLines(redis, stream, key)));
  return { keys: keys.length, lines: sum(lines), messages: asked.length };
}

async function inBatches(names: readonly string[], run: (name: string) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < names.length; from += BATCH) await Promise.all(names.slice(from, from + BATCH).map(run));
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** With what is kept beside each; returns their conversations. Who answers one is told before that it is deleted. */
async function forgetMessages(redis: RedisConnection, inbox: string, key: string): Promise<readonly string[]> {
  const isOfIt = (fields: StreamEntry["message"]) => isUnder(key, pendingOf(fields)?.conversation);
  const forgotten = await forgetEntries(redis, inbox, isOfIt, (found) => tellDeleted(redis, found));
  for (const { id } of forgotten) {
    await redis.run((client) => client.xAck(inbox, "bots", id));
    await redis.run((client) => client.del(inbox.replace(/inbox$/, `entry:${id}`)));
  }
  return forgotten.map(({ message }) => pendingOf(message)!.conversation);
}

/** Undefined for an entry that is not ours. */
function pendingOf({ entry = "" }: StreamEntry["message"]) {
  const { place, messageId = "", replyId = "" } = read(entry) as Partial<NewEntry>;
  return place && { conversation: conversationKey(place), ids: [messageId, replyId] };
}

async function tellDeleted(redis: RedisConnection, entries: readonly StreamEntry[]): Promise<void> {
  const signals = createRedisSignals(redis);
  await Promise.all(entries.map(({ message }) => signals.publish({ type: "deletion", ...pendingOf(message)! })));
}

async function forgetLines(redis: RedisConnection, stream: string, conversation: string): Promise<number> {
  const isOfIt = ({ json = "" }) => isUnder(conversation, read(json).conversation);
  return (await forgetEntries(redis, stream, isOfIt)).length;
}

/** An entry of a stream, as the client gives it. */
interface StreamEntry {
  readonly id: string;
  readonly message: Readonly<Record<string, string>>;
}

/** Deletes some entries of a stream; returns them. `before` is awaited with each batch of them. */
async function forgetEntries(
  redis: RedisConnection,
  stream: string,
  isForgotten: (fields: StreamEntry["message"]) => boolean,
  before: (entries: readonly StreamEntry[]) => Promise<void> = async () => {},
): Promise<readonly StreamEntry[]> {
  const forgotten: StreamEntry[] = [];
  let from = "-";
  while (true) {
    const entries = (await redis.run((client) => client.xRange(stream, from, "+", { COUNT: BATCH }))) ?? [];
    const found = entries.filter(({ message }) => isForgotten(message));
    const ids = found.map(({ id }) => id);
    await before(found);
    if (ids.length > 0) await redis.run((client) => client.xDel(stream, ids));
    forgotten.push(...found);
    if (entries.length < BATCH) return forgotten;
    from = `(${entries.at(-1)!.id}`;
  }
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

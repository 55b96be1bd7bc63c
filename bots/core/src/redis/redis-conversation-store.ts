import type { Logger } from "pino";
import { z } from "zod";
import type { AppendOptions, ConversationStore, TakeTurnOptions } from "../conversation/conversation-store.ts";
import { type KeptReply, MAX_KEPT_REPLIES } from "../conversation/kept-reply.ts";
import type { Round } from "../conversation/rounds.ts";
import type { ConversationSettings } from "../conversation/settings.ts";
import type { ReplySignal } from "../conversation/signals.ts";
import { MAX_WINDOW } from "../conversation/window.ts";
import type { ServedPlaces } from "../port/bot.ts";
import type { Unanswered } from "../recovery/unanswered.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { RedisTurnQueue } from "./redis-turn-queue.ts";
import { RedisUnanswered } from "./redis-unanswered.ts";

/** All processes hear all signals: they are rare and small. */
const SIGNALS_CHANNEL = "cria:signals";

const turnSchema = z.object({
  id: z.string().optional(),
  messageId: z.string().optional(),
  author: z.string(),
  user: z.string(),
  context: z.string().optional(),
  assistant: z.string(),
  atMs: z.number(),
});

const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .optional()
  .catch(undefined);

/** Fields of a Redis hash are strings; a value that is not one of ours counts as not set. */
const settingsSchema = z.object({
  model: z.string().optional().catch(undefined),
  system: z.string().optional().catch(undefined),
  contextMode: z.enum(["off", "turns", "merged"]).optional().catch(undefined),
  window: z.coerce.number().int().min(1).max(MAX_WINDOW).optional().catch(undefined),
  answersAll: flag,
  opensThreads: flag,
  showsNames: flag,
  showsPreviews: flag,
  feedback: flag,
});

const keptReplySchema = z.object({
  id: z.string(),
  messageId: z.string(),
  author: z.string(),
  asker: z.object({ id: z.string(), roleIds: z.array(z.string()).optional() }).optional(),
  question: z.string(),
  context: z.string().optional(),
  text: z.string(),
  end: z.enum(["complete", "stopped", "length", "contextFull", "timeBudget", "repetition", "failed"]),
  model: z.string().optional(),
  isCompared: z.boolean().optional(),
  replaces: z.string().optional(),
});

/** How a Redis store is made. */
export interface RedisStoreOptions {
  /** As `redis://user:password@host:port/db`; `rediss:` for TLS; `redis-cluster://host:port,host:port` for a cluster. */
  readonly url: string;
  /** How long a silent conversation is remembered, in milliseconds. */
  readonly turnsTtlMs: number;
  readonly logger: Logger;
  /** How long the turn of a process that died lasts, in milliseconds. Default 10,000. */
  readonly leaseMs?: number;
  /** After how long without a sign of life a process seems dead, in milliseconds. Default 10,000. */
  readonly processTtlMs?: number;
}

/** Shared by all bot processes. Resolves within two seconds even without Redis, and uses it as soon as it is there. */
export async function createRedisConversationStore(options: RedisStoreOptions): Promise<ConversationStore> {
  return createRedisStoreOver(await connectRedis(options.url, options.logger), options);
}

/** As above over a connection that is there already; closes it with itself. */
export function createRedisStoreOver(
  redis: RedisConnection,
  options: Omit<RedisStoreOptions, "url" | "logger">,
): ConversationStore {
  return new RedisConversationStore(redis, options);
}

/** An edit is made anew where a reply to the message was kept in the same instant. */
const MAX_EDIT_TRIES = 5;

/** Keys: docs/memory.md. The hash tag keeps a conversation's keys in one slot of a cluster. */
const key = (conversation: string, part: "turns" | "settings" | "queue" | "leases" | "replies") =>
  `cria:{${conversation}}:${part}`;

/** What `/reset` forgets. */
const rememberedKeys = (conversation: string) => [key(conversation, "turns"), key(conversation, "replies")];

class RedisConversationStore implements ConversationStore {
  readonly kind = "redis";
  readonly #redis: RedisConnection;
  readonly #turnsTtlMs: number;
  readonly #turnQueue: RedisTurnQueue;
  readonly #unanswered: RedisUnanswered;

  constructor(
    redis: RedisConnection,
    { turnsTtlMs, leaseMs, processTtlMs }: Omit<RedisStoreOptions, "url" | "logger">,
  ) {
    this.#redis = redis;
    this.#turnsTtlMs = turnsTtlMs;
    this.#turnQueue = new RedisTurnQueue(redis, leaseMs);
    this.#unanswered = new RedisUnanswered(redis, processTtlMs);
  }

  async rounds(conversation: string): Promise<readonly Round[]> {
    const rounds = await this.#redis.run((client) => client.lRange(key(conversation, "turns"), 0, -1));
    return rounds.flatMap(parseTurn);
  }

  async appendRound(conversation: string, turn: Round, window: number, options: AppendOptions = {}): Promise<void> {
    const { replaces = "", reply } = options;
    const args = [...this.#keptArgs(reply), JSON.stringify(turn), turn.id ?? "", window, replaces];
    await this.#redis.run((client) => client.appendRound(rememberedKeys(conversation), args));
  }

  async keepReply(conversation: string, reply: KeptReply): Promise<void> {
    await this.#redis.run((client) => client.keepReply(rememberedKeys(conversation), this.#keptArgs(reply)));
  }

  async keptReply(conversation: string, id: string): Promise<KeptReply | undefined> {
    const json = await this.#redis.run((client) => client.hGet(key(conversation, "replies"), id));
    return parseKeptReply(json ?? undefined);
  }

  async editQuestion(conversation: string, messageId: string, question: string): Promise<void> {
    const keptReplies = key(conversation, "replies");
    for (let tries = 0; tries < MAX_EDIT_TRIES; tries++) {
      const replies = Object.entries(await this.#redis.run((client) => client.hGetAll(keptReplies)));
      const edits = replies.flatMap(([id, json]) => editedReply(id, json, { messageId, question }));
      const areMade = edits.map((edit) => this.#redis.run((client) => client.replaceReply([keptReplies], edit)));
      if ((await Promise.all(areMade)).every(Boolean)) return;
    }
  }

  async forgetQuestion(conversation: string, messageId: string): Promise<void> {
    await this.#redis.run((client) => client.forgetQuestion(rememberedKeys(conversation), [messageId]));
  }

  async reset(conversation: string): Promise<number> {
    return await this.#redis.run((client) => client.resetTurns(rememberedKeys(conversation), []));
  }

  async settings(conversation: string): Promise<ConversationSettings> {
    const fields = await this.#redis.run((client) => client.hGetAll(key(conversation, "settings")));
    return present(settingsSchema.parse(fields));
  }

  async updateSettings(conversation: string, patch: { [K in keyof ConversationSettings]: unknown }): Promise<void> {
    const fields = Object.entries(patch);
    const set = fields.flatMap(([field, value]) => (value === undefined ? [] : [[field, String(value)] as const]));
    const unset = fields.flatMap(([field, value]) => (value === undefined ? [field] : []));
    const args = [set.length, ...set.flat(), ...unset];
    await this.#redis.run((client) => client.updateSettings([key(conversation, "settings")], args));
  }

  claimEvent(workspace: string, eventId: string, unanswered?: Unanswered): Promise<boolean> {
    return this.#unanswered.claim(workspace, eventId, unanswered);
  }

  renewEvent(workspace: string, eventId: string): Promise<void> {
    return this.#unanswered.renew(workspace, eventId);
  }

  releaseEvent(workspace: string, eventId: string): Promise<void> {
    return this.#unanswered.release(workspace, eventId);
  }

  keepUnanswered(workspace: string, unanswered: Unanswered): Promise<boolean> {
    return this.#unanswered.keep(workspace, unanswered);
  }

  forgetUnanswered(workspace: string, eventId: string): Promise<void> {
    return this.#unanswered.forget(workspace, eventId);
  }

  takeAbandoned(where: ServedPlaces): Promise<readonly Unanswered[]> {
    return this.#unanswered.takeAbandoned(where);
  }

  release(): Promise<void> {
    return this.#unanswered.letGo();
  }

  async signal(signal: ReplySignal): Promise<void> {
    await this.#redis.run((client) => client.publish(SIGNALS_CHANNEL, JSON.stringify(signal)));
  }

  onSignal(listener: (signal: ReplySignal) => void): void {
    this.#redis.subscribe(SIGNALS_CHANNEL, (message) => listener(JSON.parse(message) as ReplySignal));
  }

  async takeTurn(conversation: string, options: TakeTurnOptions): Promise<() => Promise<void>> {
    return await this.#turnQueue.take([key(conversation, "queue"), key(conversation, "leases")], options);
  }

  #keptArgs(reply: KeptReply | undefined): readonly (string | number)[] {
    const kept = reply ? [reply.id, JSON.stringify(reply)] : ["", ""];
    return [this.#turnsTtlMs, MAX_KEPT_REPLIES, ...kept];
  }

  async close(): Promise<void> {
    this.#unanswered.close();
    await this.#redis.close();
  }
}

/** A round that this version cannot read is left out rather than stopping the conversation. */
function parseTurn(json: string): readonly Round[] {
  try {
    return [present<Round>(turnSchema.parse(JSON.parse(json)))];
  } catch {
    return [];
  }
}

/** What `replaceReply` takes to give a reply its question's new words; nothing for another's. */
function editedReply(id: string, json: string, { messageId, question }: Pick<KeptReply, "messageId" | "question">) {
  const reply = parseKeptReply(json);
  return reply?.messageId === messageId && !reply.isCompared
    ? [[id, json, JSON.stringify({ ...reply, question })]]
    : [];
}

function parseKeptReply(json: string | undefined): KeptReply | undefined {
  try {
    return json === undefined ? undefined : present<KeptReply>(keptReplySchema.parse(JSON.parse(json)));
  } catch {
    return undefined;
  }
}

/** A parsed object without the fields that are undefined. */
function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

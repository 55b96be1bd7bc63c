import { z } from "zod";
import { channelOfThread } from "../conversation/conversation-key.ts";
import { type KeptReply, MAX_KEPT_REPLIES } from "../conversation/kept-reply.ts";
import type { AppendOptions, KeptReplies, Remembered, Round, Rounds } from "../conversation/rounds.ts";
import type { RedisConnection } from "./connection/redis-connection.ts";
import { ADD_THREAD, APPEND_ROUND, FORGET, KEEP_REPLY, READ, REPLACE_REPLY, RESET } from "./redis-rounds-scripts.ts";

/** An edit is made anew where a reply to the message was kept in the same instant. */
const MAX_EDIT_TRIES = 5;
/** Threads of a channel that its reset reaches, the newest. */
const MAX_THREADS = 1_000;

const speakersSchema = z.array(z.object({ id: z.string().optional(), name: z.string() }));

const roundSchema = z.object({
  id: z.string().optional(),
  messageId: z.string().optional(),
  author: z.string(),
  authorId: z.string().optional(),
  user: z.string(),
  context: z.string().optional(),
  contextSpeakers: speakersSchema.optional(),
  assistant: z.string(),
  atMs: z.number(),
});

const keptReplySchema = z.object({
  id: z.string(),
  messageId: z.string(),
  author: z.string(),
  asker: z.object({ id: z.string(), roleIds: z.array(z.string()).optional() }).optional(),
  names: z.object({ channel: z.string().optional(), workspace: z.string().optional() }).optional(),
  question: z.string(),
  context: z.string().optional(),
  contextSpeakers: speakersSchema.optional(),
  text: z.string(),
  end: z.enum(["complete", "stopped", "length", "contextFull", "timeBudget", "repetition", "failed"]),
  model: z.string().optional(),
  isCompared: z.boolean().optional(),
  shownIn: z.array(z.string()).optional(),
  replaces: z.string().optional(),
});

/** Keys: docs/memory.md. The hash tag keeps a conversation's keys in one slot of a cluster. */
const key = (conversation: string, part: string) => `cria:{${conversation}}:${part}`;
/** As the scripts take them. */
const keysOf = (conversation: string) =>
  ["turns", "replies", "generation", "kept"].map((part) => key(conversation, part));

/** Rounds, and the replies kept beside them, for `ttlMs` after the last of a conversation. */
export function createRedisRounds(
  redis: RedisConnection,
  ttlMs: number,
): { readonly rounds: Rounds; readonly replies: KeptReplies } {
  const memory = new RedisRounds(redis, ttlMs);
  return { rounds: memory, replies: memory };
}

class RedisRounds implements Rounds, KeptReplies {
  readonly #redis: RedisConnection;
  readonly #ttlMs: number;

  constructor(redis: RedisConnection, ttlMs: number) {
    this.#redis = redis;
    this.#ttlMs = ttlMs;
  }

  /** The channel knows the thread before its generation is read: on one Redis, commands are run in the order in which they are sent. */
  async begin(conversation: string): Promise<Remembered> {
    const channel = channelOfThread(conversation);
    const [, remembered] = await Promise.all([
      channel === undefined ? undefined : this.#addThread(channel, conversation),
      this.read(conversation),
    ]);
    return remembered;
  }

  async read(conversation: string): Promise<Remembered> {
    const [rounds, generation] = await this.#redis.script<[string[], string]>(READ, keysOf(conversation), []);
    return { rounds: rounds.flatMap(parseRound), generation };
  }

  async count(conversation: string): Promise<number> {
    return await this.#redis.run((client) => client.lLen(key(conversation, "turns")));
  }

  async append(conversation: string, round: Round, options: AppendOptions): Promise<boolean> {
    const { window, generation, replaces = "", reply } = options;
    const args = [...this.#keptArgs(generation, reply), JSON.stringify(round), round.id ?? "", window, replaces];
    return (await this.#redis.script(APPEND_ROUND, keysOf(conversation), args)) === 1;
  }

  async forget(conversation: string, ids: readonly string[]): Promise<void> {
    await this.#redis.script(FORGET, keysOf(conversation), ids);
  }

  async reset(conversation: string): Promise<number> {
    const threads = await this.#redis.run((client) => client.zRange(key(conversation, "threads"), 0, -1));
    const forgotten = [conversation, ...threads].map((each) =>
      this.#redis.script<number>(RESET, keysOf(each), [this.#ttlMs]),
    );
    return (await Promise.all(forgotten)).reduce((sum, numRounds) => sum + numRounds, 0);
  }

  async keep(conversation: string, reply: KeptReply, generation: string): Promise<boolean> {
    return (await this.#redis.script(KEEP_REPLY, keysOf(conversation), this.#keptArgs(generation, reply))) === 1;
  }

  async get(conversation: string, id: string): Promise<KeptReply | undefined> {
    const json = await this.#redis.run((client) => client.hGet(key(conversation, "replies"), id));
    return parseKeptReply(json ?? undefined);
  }

  async editQuestion(conversation: string, messageId: string, question: string): Promise<void> {
    const keptReplies = key(conversation, "replies");
    for (let tries = 0; tries < MAX_EDIT_TRIES; tries++) {
      const replies = Object.entries(await this.#redis.run((client) => client.hGetAll(keptReplies)));
      const edits = replies.flatMap(([id, json]) => editedReply(id, json, { messageId, question }));
      const areMade = edits.map((edit) => this.#redis.script<number>(REPLACE_REPLY, [keptReplies], edit));
      if ((await Promise.all(areMade)).every(Boolean)) return;
    }
    throw new Error(`a kept reply of ${conversation} changed ${MAX_EDIT_TRIES} times while its question was edited`);
  }

  async #addThread(channel: string, thread: string): Promise<void> {
    await this.#redis.script(ADD_THREAD, [key(channel, "threads")], [thread, MAX_THREADS, this.#ttlMs]);
  }

  #keptArgs(generation: string, reply: KeptReply | undefined): readonly (string | number)[] {
    const kept = reply ? [reply.id, JSON.stringify(reply)] : ["", ""];
    return [this.#ttlMs, generation, MAX_KEPT_REPLIES, ...kept];
  }
}

/** A round that this version cannot read is left out rather than stopping the conversation. */
function parseRound(json: string): readonly Round[] {
  try {
    return [roundSchema.parse(JSON.parse(json)) as Round];
  } catch {
    return [];
  }
}

/** What `REPLACE_REPLY` takes to give a reply its question's new words; nothing for another's. */
function editedReply(id: string, json: string, { messageId, question }: Pick<KeptReply, "messageId" | "question">) {
  const reply = parseKeptReply(json);
  return reply?.messageId === messageId && !reply.isCompared
    ? [[id, json, JSON.stringify({ ...reply, question })]]
    : [];
}

function parseKeptReply(json: string | undefined): KeptReply | undefined {
  try {
    return json === undefined ? undefined : (keptReplySchema.parse(JSON.parse(json)) as KeptReply);
  } catch {
    return undefined;
  }
}

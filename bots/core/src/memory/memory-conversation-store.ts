import type { AppendOptions, ConversationStore, TakeTurnOptions } from "../conversation/conversation-store.ts";
import { type KeptReply, MAX_KEPT_REPLIES } from "../conversation/kept-reply.ts";
import { busyError, EVENT_TTL_MS, MAX_WAITING_TURNS } from "../conversation/limits.ts";
import type { Round } from "../conversation/rounds.ts";
import type { ConversationSettings } from "../conversation/settings.ts";
import type { ReplySignal } from "../conversation/signals.ts";
import { slideWindow } from "../conversation/window.ts";
import { ExpiringMap } from "./expiring-map.ts";

/** Most conversations that are remembered, and most that have settings; the one longest left alone goes first. */
const MAX_CONVERSATIONS = 10_000;
/** Of a message's id some 200 bytes: 20 MB. More come in no ten minutes that one process answers. */
const MAX_EVENTS = 100_000;

/** What `reset` forgets. */
interface Remembered {
  readonly turns: readonly Round[];
  readonly replies: ReadonlyMap<string, KeptReply>;
}

const NOTHING: Remembered = { turns: [], replies: new Map() };

interface MemoryStoreOptions {
  /** How long a silent conversation is remembered, in milliseconds. */
  readonly turnsTtlMs: number;
}

/** Keeps everything in this process: for one process, until it ends. The twin of the Redis store. */
export function createMemoryConversationStore(options: MemoryStoreOptions): ConversationStore {
  return new MemoryConversationStore(options);
}

class MemoryConversationStore implements ConversationStore {
  readonly kind = "memory";
  readonly #remembered: ExpiringMap<Remembered>;
  readonly #listeners = new Set<(signal: ReplySignal) => void>();
  readonly #settings = new Map<string, ConversationSettings>();
  readonly #events = new ExpiringMap<true>({ lifeMs: EVENT_TTL_MS, maxSize: MAX_EVENTS });
  readonly #queues = new Map<string, Waiter[]>();

  constructor({ turnsTtlMs }: MemoryStoreOptions) {
    this.#remembered = new ExpiringMap({ lifeMs: turnsTtlMs, maxSize: MAX_CONVERSATIONS });
  }

  async rounds(conversation: string): Promise<readonly Round[]> {
    return this.#of(conversation).turns;
  }

  async appendRound(conversation: string, turn: Round, window: number, options: AppendOptions = {}): Promise<void> {
    const { replaces, reply } = options;
    const { turns: old, replies } = this.#of(conversation);
    const isReplaced = ({ id }: Round) => id !== undefined && (id === turn.id || id === replaces);
    const turns = old.some(isReplaced)
      ? old.map((round) => (isReplaced(round) ? turn : round))
      : slideWindow([...old, turn], window);
    const others = [...replies.values()].filter(({ id }) => id !== replaces);
    this.#remembered.set(conversation, { turns, replies: newest(reply ? [...others, reply] : others) });
  }

  async keepReply(conversation: string, reply: KeptReply): Promise<void> {
    const { turns, replies } = this.#of(conversation);
    this.#remembered.set(conversation, { turns, replies: newest([...replies.values(), reply]) });
  }

  async keptReply(conversation: string, id: string): Promise<KeptReply | undefined> {
    return this.#of(conversation).replies.get(id);
  }

  async editQuestion(conversation: string, messageId: string, question: string): Promise<void> {
    const edit = (reply: KeptReply) =>
      reply.messageId === messageId && !reply.isCompared ? { ...reply, question } : reply;
    this.#remembered.update(conversation, ({ turns, replies }) => ({
      turns,
      replies: newest([...replies.values()].map(edit)),
    }));
  }

  async forgetQuestion(conversation: string, messageId: string): Promise<void> {
    const isOther = (entry: { readonly messageId?: string }) => entry.messageId !== messageId;
    this.#remembered.update(conversation, ({ turns, replies }) => ({
      turns: turns.filter(isOther),
      replies: newest([...replies.values()].filter(isOther)),
    }));
  }

  async reset(conversation: string): Promise<number> {
    const { length } = this.#of(conversation).turns;
    this.#remembered.delete(conversation);
    return length;
  }

  async settings(conversation: string): Promise<ConversationSettings> {
    return this.#settings.get(conversation) ?? {};
  }

  async updateSettings(conversation: string, patch: { [K in keyof ConversationSettings]: unknown }): Promise<void> {
    const fields = { ...this.#settings.get(conversation), ...patch };
    const present = Object.entries(fields).filter(([, value]) => value !== undefined);
    this.#settings.delete(conversation);
    if (present.length > 0) this.#settings.set(conversation, Object.fromEntries(present));
    dropOldest(this.#settings);
  }

  /** Nobody outlives this process to take over what it left. */
  async claimEvent(workspace: string, event: string): Promise<boolean> {
    const eventId = `${workspace} ${event}`;
    if (this.#events.get(eventId)) return false;
    this.#events.set(eventId, true);
    return true;
  }

  async renewEvent(workspace: string, event: string): Promise<void> {
    const eventId = `${workspace} ${event}`;
    if (this.#events.get(eventId)) this.#events.set(eventId, true);
  }

  async releaseEvent(workspace: string, event: string): Promise<void> {
    this.#events.delete(`${workspace} ${event}`);
  }

  async takeTurn(conversation: string, { signal, onWaiting }: TakeTurnOptions): Promise<() => Promise<void>> {
    signal.throwIfAborted();
    const queue = this.#queues.get(conversation) ?? [];
    if (queue.length > MAX_WAITING_TURNS) throw busyError();
    this.#queues.set(conversation, queue);
    const waiter = new Waiter(signal, onWaiting);
    queue.push(waiter);
    const leave = async () => this.#leave(conversation, waiter);
    waiter.advance(queue.length - 1);
    await waiter.turn.catch(async (reason) => {
      await leave();
      throw reason;
    });
    return leave;
  }

  async keepUnanswered(): Promise<boolean> {
    return true;
  }

  async forgetUnanswered(): Promise<void> {}

  async takeAbandoned(): Promise<readonly []> {
    return [];
  }

  async signal(signal: ReplySignal): Promise<void> {
    for (const listener of this.#listeners) listener(signal);
  }

  onSignal(listener: (signal: ReplySignal) => void): void {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {}

  #of(conversation: string): Remembered {
    return this.#remembered.get(conversation) ?? NOTHING;
  }

  #leave(conversation: string, waiter: Waiter): void {
    const queue = this.#queues.get(conversation) ?? [];
    const index = queue.indexOf(waiter);
    if (index === -1) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(conversation);
    for (const [ahead, behind] of queue.entries()) if (ahead >= index) behind.advance(ahead);
  }
}

/** By id, those made last. */
function newest(replies: readonly KeptReply[]): ReadonlyMap<string, KeptReply> {
  const byId = new Map(replies.map((reply) => [reply.id, reply]));
  return new Map([...byId].sort(([a], [b]) => (a < b ? -1 : 1)).slice(-MAX_KEPT_REPLIES));
}

/** Of the map's order, which is that of use. */
function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MAX_CONVERSATIONS) map.delete(oldest!);
}

/** A place in a conversation's queue; `turn` resolves when nobody is ahead any more. */
class Waiter {
  readonly turn: Promise<void>;
  readonly #onWaiting: ((ahead: number) => void) | undefined;
  #take!: () => void;

  constructor(signal: AbortSignal, onWaiting: ((ahead: number) => void) | undefined) {
    this.#onWaiting = onWaiting;
    this.turn = new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#take = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
    });
  }

  advance(ahead: number): void {
    if (ahead === 0) this.#take();
    else this.#onWaiting?.(ahead);
  }
}

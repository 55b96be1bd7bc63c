import { type KeptReply, MAX_KEPT_REPLIES } from "../buttons/kept-reply.ts";
import type { ReplySignal } from "../buttons/reply-signal.ts";
import type {
  AppendOptions,
  ConversationSettings,
  ConversationStore,
  TakeTurnOptions,
  Turn,
} from "../conversation-store.ts";
import { slideWindow } from "../window.ts";
import { busyError, EVENT_TTL_MS, MAX_WAITING_TURNS } from "./limits.ts";

/** Most conversations whose rounds are kept; the one longest silent goes first. */
const MAX_CONVERSATIONS = 10_000;

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
  readonly #turnsTtlMs: number;
  readonly #rounds = new Map<string, { readonly turns: readonly Turn[]; readonly expiresAtMs: number }>();
  readonly #replies = new Map<string, ReadonlyMap<string, KeptReply>>();
  readonly #listeners = new Set<(signal: ReplySignal) => void>();
  readonly #settings = new Map<string, ConversationSettings>();
  readonly #events = new Map<string, number>();
  readonly #queues = new Map<string, Waiter[]>();

  constructor({ turnsTtlMs }: MemoryStoreOptions) {
    this.#turnsTtlMs = turnsTtlMs;
  }

  async turns(conversation: string): Promise<readonly Turn[]> {
    return this.#liveTurns(conversation);
  }

  async appendTurn(conversation: string, turn: Turn, window: number, options: AppendOptions = {}): Promise<void> {
    const { replaces, reply } = options;
    const old = this.#liveTurns(conversation);
    const isKnown = replaces !== undefined && old.some(({ id }) => id === replaces);
    const turns = isKnown
      ? old.map((round) => (round.id === replaces ? turn : round))
      : slideWindow([...old, turn], window);
    this.#rounds.delete(conversation);
    this.#rounds.set(conversation, { turns, expiresAtMs: Date.now() + this.#turnsTtlMs });
    dropOldest(this.#rounds);
    if (reply) await this.keepReply(conversation, reply);
  }

  async keepReply(conversation: string, reply: KeptReply): Promise<void> {
    const replies = new Map(this.#replies.get(conversation)).set(reply.id, reply);
    const newest = [...replies].sort(([a], [b]) => (a < b ? -1 : 1)).slice(-MAX_KEPT_REPLIES);
    this.#replies.delete(conversation);
    this.#replies.set(conversation, new Map(newest));
    dropOldest(this.#replies);
  }

  async keptReply(conversation: string, id: string): Promise<KeptReply | undefined> {
    return this.#replies.get(conversation)?.get(id);
  }

  async editQuestion(conversation: string, messageId: string, question: string): Promise<void> {
    const replies = this.#replies.get(conversation);
    if (!replies) return;
    const edit = (reply: KeptReply) => (reply.messageId === messageId ? { ...reply, question } : reply);
    this.#replies.set(conversation, new Map([...replies].map(([id, reply]) => [id, edit(reply)])));
  }

  async reset(conversation: string): Promise<number> {
    const { length } = this.#liveTurns(conversation);
    this.#rounds.delete(conversation);
    return length;
  }

  async settings(conversation: string): Promise<ConversationSettings> {
    return this.#settings.get(conversation) ?? {};
  }

  async updateSettings(conversation: string, patch: { [K in keyof ConversationSettings]: unknown }): Promise<void> {
    const fields = { ...this.#settings.get(conversation), ...patch };
    const present = Object.entries(fields).filter(([, value]) => value !== undefined);
    this.#settings.set(conversation, Object.fromEntries(present));
  }

  /** Nobody outlives this process to take over what it left. */
  async claimEvent(workspace: string, event: string): Promise<boolean> {
    const now = Date.now();
    const eventId = `${workspace} ${event}`;
    for (const [id, expiresAtMs] of this.#events) {
      if (expiresAtMs > now) break; // In order of claim, and all live equally long.
      this.#events.delete(id);
    }
    if (this.#events.has(eventId)) return false;
    this.#events.set(eventId, now + EVENT_TTL_MS);
    return true;
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

  async keepUnanswered(): Promise<void> {}

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

  #liveTurns(conversation: string): readonly Turn[] {
    const rounds = this.#rounds.get(conversation);
    return rounds && rounds.expiresAtMs > Date.now() ? rounds.turns : [];
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

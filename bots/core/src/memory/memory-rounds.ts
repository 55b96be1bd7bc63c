import { channelOfThread } from "../conversation/conversation-key.ts";
import { type KeptReply, MAX_KEPT_REPLIES } from "../conversation/kept-reply.ts";
import type { AppendOptions, KeptReplies, Remembered, Round, Rounds } from "../conversation/rounds.ts";
import { slideWindow } from "../conversation/window.ts";
import { ExpiringMap } from "./expiring-map.ts";

/** Most conversations that are remembered; the one longest left alone goes first. */
const MAX_CONVERSATIONS = 10_000;

/** What a reset forgets. */
interface Memory {
  readonly rounds: readonly Round[];
  readonly replies: ReadonlyMap<string, KeptReply>;
}

const NOTHING: Memory = { rounds: [], replies: new Map() };

/** Rounds, and the replies kept beside them. */
export function createMemoryRounds(ttlMs: number): { readonly rounds: Rounds; readonly replies: KeptReplies } {
  const memory = new MemoryRounds(ttlMs);
  return { rounds: memory, replies: memory };
}

class MemoryRounds implements Rounds, KeptReplies {
  readonly #memories: ExpiringMap<Memory>;
  /** When each conversation was reset last, in milliseconds since 1970; of two at once the later one is put after. */
  readonly #resets: ExpiringMap<number>;

  constructor(ttlMs: number) {
    const options = { lifeMs: ttlMs, maxSize: MAX_CONVERSATIONS };
    this.#memories = new ExpiringMap(options);
    this.#resets = new ExpiringMap(options);
  }

  async begin(conversation: string): Promise<Remembered> {
    return await this.read(conversation);
  }

  async read(conversation: string): Promise<Remembered> {
    return { rounds: this.#of(conversation).rounds, generation: this.#generation(conversation) };
  }

  async count(conversation: string): Promise<number> {
    return this.#of(conversation).rounds.length;
  }

  async append(conversation: string, round: Round, options: AppendOptions): Promise<boolean> {
    const { window, generation, replaces, reply } = options;
    if (generation !== this.#generation(conversation)) return false;
    const { rounds: old, replies } = this.#of(conversation);
    const isReplaced = ({ id }: Round) => id !== undefined && (id === round.id || id === replaces);
    const rounds = old.some(isReplaced)
      ? old.map((other) => (isReplaced(other) ? round : other))
      : slideWindow([...old, round], window);
    const others = [...replies.values()].filter(({ id }) => id !== replaces);
    this.#memories.set(conversation, { rounds, replies: newest(reply ? [...others, reply] : others) });
    return true;
  }

  async forget(conversation: string, ids: readonly string[]): Promise<void> {
    this.#memories.update(conversation, ({ rounds, replies }) => {
      const shown = [...replies.values()].filter(({ shownIn = [] }) => shownIn.some((id) => ids.includes(id)));
      const forgotten = new Set([...ids, ...shown.map(({ id }) => id)]);
      const isOther = ({ id = "", messageId = "" }: Partial<Pick<Round, "id" | "messageId">>) =>
        !forgotten.has(messageId) && !forgotten.has(id);
      return { rounds: rounds.filter(isOther), replies: newest([...replies.values()].filter(isOther)) };
    });
  }

  async reset(conversation: string): Promise<number> {
    const isBelow = (key: string) => key === conversation || channelOfThread(key) === conversation;
    const forgotten = this.#memories.keys().filter(isBelow);
    const numRounds = forgotten.reduce((sum, key) => sum + this.#of(key).rounds.length, 0);
    for (const key of forgotten) this.#memories.delete(key);
    this.#resets.set(conversation, Math.max(Date.now(), (this.#resets.get(conversation) ?? 0) + 1));
    return numRounds;
  }

  async keep(conversation: string, reply: KeptReply, generation: string): Promise<boolean> {
    if (generation !== this.#generation(conversation)) return false;
    const { rounds, replies } = this.#of(conversation);
    this.#memories.set(conversation, { rounds, replies: newest([...replies.values(), reply]) });
    return true;
  }

  async get(conversation: string, id: string): Promise<KeptReply | undefined> {
    return this.#of(conversation).replies.get(id);
  }

  async editQuestion(conversation: string, messageId: string, question: string): Promise<void> {
    const edit = (reply: KeptReply) =>
      reply.messageId === messageId && !reply.isCompared ? { ...reply, question } : reply;
    this.#memories.update(conversation, ({ rounds, replies }) => ({
      rounds,
      replies: newest([...replies.values()].map(edit)),
    }));
  }

  #of(conversation: string): Memory {
    return this.#memories.get(conversation) ?? NOTHING;
  }

  /** A thread's changes with its channel's resets too. */
  #generation(conversation: string): string {
    const resets = [conversation, channelOfThread(conversation)].map((key) => this.#resets.get(key ?? "") ?? 0);
    return resets.some(Boolean) ? String(Math.max(...resets)) : "";
  }
}

/** By id, those kept last. */
function newest(replies: readonly KeptReply[]): ReadonlyMap<string, KeptReply> {
  const byId = new Map(replies.map((reply) => [reply.id, reply]));
  return new Map([...byId].slice(-MAX_KEPT_REPLIES));
}

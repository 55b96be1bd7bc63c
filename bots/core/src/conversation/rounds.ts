import type { Speaker } from "../port/place.ts";
import type { KeptReply } from "./kept-reply.ts";

/** One round: what a person said and what the model answered. */
export interface Round {
  /** Id of the reply. */
  readonly id?: string;
  /** The question's message. */
  readonly messageId?: string;
  /** Name of who asked. */
  readonly author: string;
  /** Their id; absent in rounds of before it was kept. */
  readonly authorId?: string | undefined;
  readonly user: string;
  readonly context?: string;
  /** Who speaks in the context, as in a thread. */
  readonly contextSpeakers?: readonly Speaker[] | undefined;
  readonly assistant: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** What is remembered of a conversation. */
export interface Remembered {
  /** Oldest first. */
  readonly rounds: readonly Round[];
  /**
   * When it was reset last, in milliseconds since 1970 by the store's clock; "" for never. Changes with each reset: what was
   * begun before one is not remembered after it.
   */
  readonly generation: string;
}

/** How a round is added. */
export interface AppendOptions {
  /** Rounds kept, k: when 2k are there, only the newest k stay. */
  readonly window: number;
  /** As it was read when the reply began. */
  readonly generation: string;
  /** Id of the round's predecessor: takes its place where it is still remembered, and forgets its reply. */
  readonly replaces?: string | undefined;
  /** For the reply's buttons. */
  readonly reply?: KeptReply | undefined;
}

/**
 * Rounds of conversations, shared by all bot processes. One contract suite runs on every implementation.
 * Keys are opaque strings, as `web:local:general`; a thread's begins with its channel's.
 */
export interface Rounds {
  /** Reads it for a reply that begins: from then on a reset of the channel reaches the thread. */
  begin(conversation: string): Promise<Remembered>;
  /** Changes nothing. */
  read(conversation: string): Promise<Remembered>;
  /** How many rounds are remembered; changes nothing. */
  count(conversation: string): Promise<number>;
  /**
   * Adds a round, or replaces the one of its id. Atomic, with what is kept beside it. False where the conversation was reset
   * since its generation was read: nothing is kept then.
   */
  append(conversation: string, round: Round, options: AppendOptions): Promise<boolean>;
  /** Forgets rounds and kept replies by the ids of their questions' messages, of the replies or of what shows these. Atomic. */
  forget(conversation: string, ids: readonly string[]): Promise<void>;
  /** Forgets the rounds and the kept replies of a conversation, and of a channel's threads; keeps the settings. Returns how many rounds there were. */
  reset(conversation: string): Promise<number>;
}

/** Ended replies with what their buttons need: the newest 64 of a conversation, as long as its rounds are kept. */
export interface KeptReplies {
  /** Keeps a reply that is no round, as one that failed. False where the conversation was reset since its generation was read. */
  keep(conversation: string, reply: KeptReply, generation: string): Promise<boolean>;
  get(conversation: string, id: string): Promise<KeptReply | undefined>;
  /**
   * Changes the question of the kept replies to a message; not of compared ones, whose message is a command around it. Each
   * reply atomically.
   */
  editQuestion(conversation: string, messageId: string, question: string): Promise<void>;
}

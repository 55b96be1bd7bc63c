import type { ServedPlaces } from "../port/bot.ts";
import type { Unanswered } from "../recovery/unanswered.ts";
import type { KeptReply } from "./kept-reply.ts";
import type { Round } from "./rounds.ts";
import type { ConversationSettings } from "./settings.ts";
import type { ReplySignal } from "./signals.ts";

/** What is kept together with a round. */
export interface AppendOptions {
  /** Id of the round's predecessor: takes its place where it is still remembered, and forgets its reply. */
  readonly replaces?: string | undefined;
  /** For the reply's buttons. */
  readonly reply?: KeptReply;
}

/**
 * Rounds and settings of conversations, shared by all bot processes. One contract suite runs on every implementation.
 * Keys are opaque strings, as `web:local:general`.
 */
export interface ConversationStore {
  /** The remembered rounds, oldest first. */
  rounds(conversation: string): Promise<readonly Round[]>;
  /**
   * Adds a round, or replaces the one of its id; when `2 * window` are there, only the newest `window` stay. Atomic, with
   * what is kept beside it.
   */
  appendRound(conversation: string, turn: Round, window: number, options?: AppendOptions): Promise<void>;
  /** Keeps a reply that is no round, as one that failed. The newest 64 are kept, as long as rounds are. */
  keepReply(conversation: string, reply: KeptReply): Promise<void>;
  keptReply(conversation: string, id: string): Promise<KeptReply | undefined>;
  /**
   * Changes the question of the kept replies to a message; not of compared ones, whose message is a command around it. Each
   * reply atomically.
   */
  editQuestion(conversation: string, messageId: string, question: string): Promise<void>;
  /** Forgets the rounds and the kept replies of a message. Atomic. */
  forgetQuestion(conversation: string, messageId: string): Promise<void>;
  /** Forgets the rounds and the kept replies, keeps the settings. Returns how many rounds there were. */
  reset(conversation: string): Promise<number>;
  settings(conversation: string): Promise<ConversationSettings>;
  /** Sets the given fields; undefined takes a field back. */
  updateSettings(
    conversation: string,
    patch: { [K in keyof ConversationSettings]: ConversationSettings[K] | undefined },
  ): Promise<void>;
  /**
   * True for the first who claims an event of a workspace, false for all others, for ten minutes. With `unanswered`, the
   * message is known as unanswered from the same instant. Atomic.
   */
  claimEvent(workspace: string, eventId: string, unanswered?: Unanswered): Promise<boolean>;
  /** Ten minutes more of a claim that still holds. */
  renewEvent(workspace: string, eventId: string): Promise<void>;
  /** Gives a claim back before its time, so that the event may be claimed again. */
  releaseEvent(workspace: string, eventId: string): Promise<void>;
  /** Keeps what became known of an unanswered message: its files' text, its reply's handle. False where another process has taken it. */
  keepUnanswered(workspace: string, unanswered: Unanswered): Promise<boolean>;
  /** The message is answered, or was told why not. Does nothing to another process's. */
  forgetUnanswered(workspace: string, eventId: string): Promise<void>;
  /** Messages of a platform whose process is dead or has let go; each is given to one caller, who is then the one to answer it. */
  takeAbandoned(where: ServedPlaces): Promise<readonly Unanswered[]>;
  /** Lets go of all that this process claimed and has not answered. Absent where there are no others to take it. */
  release?(): Promise<void>;
  /**
   * Waits for the conversation's turn, one message at a time, in order of arrival, across processes. The returned
   * function gives it on. `onWaiting` hears how many are ahead.
   */
  takeTurn(conversation: string, options: TakeTurnOptions): Promise<() => Promise<void>>;
  /** Tells every process, this one included, about a reply that may be under way in it. */
  signal(signal: ReplySignal): Promise<void>;
  /** Calls back with each signal from now on, until the store is closed. */
  onSignal(listener: (signal: ReplySignal) => void): void;
  /** One word for people where memory lives, as "redis" or "memory". */
  readonly kind: string;
  close(): Promise<void>;
}

/**
 * Whose an unanswered message is: this process's as before; this process's again, as the store had lost all that it kept of it;
 * another's, who has taken this process for dead.
 */
export type Ownership = "kept" | "restored" | "taken";

export interface TakeTurnOptions {
  readonly signal: AbortSignal;
  readonly onWaiting?: (ahead: number) => void;
  /** Asked when the place in the queue is gone: whose the message is by now. Rejects where that cannot be known. */
  readonly reclaim?: () => Promise<Ownership>;
  /** The turn, or the message, is another's, as after a pause of this process that was longer than a lease. */
  readonly onLost?: () => void;
}

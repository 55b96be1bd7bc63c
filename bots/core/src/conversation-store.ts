import type { ContextMode } from "./commands/command.ts";

/** One round: what a person said and what the model answered. */
export interface Turn {
  readonly author: string;
  readonly user: string;
  readonly context?: string;
  readonly assistant: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** What someone set for a conversation; what is absent comes from the model or the defaults. */
export interface ConversationSettings {
  readonly model?: string;
  readonly system?: string;
  readonly contextMode?: ContextMode;
  /** Rounds kept, k; the window holds k to 2k - 1. */
  readonly window?: number;
}

/**
 * Rounds and settings of conversations, shared by all bot processes. One contract suite runs on every implementation.
 * Keys are opaque strings, as `web:local:general`.
 */
export interface ConversationStore {
  /** The remembered rounds, oldest first. */
  turns(conversation: string): Promise<readonly Turn[]>;
  /** Adds a round; when `2 * window` are there, only the newest `window` stay. Atomic. */
  appendTurn(conversation: string, turn: Turn, window: number): Promise<void>;
  /** Forgets the rounds, keeps the settings. Returns how many there were. */
  reset(conversation: string): Promise<number>;
  settings(conversation: string): Promise<ConversationSettings>;
  /** Sets the given fields; undefined takes a field back. */
  updateSettings(
    conversation: string,
    patch: { [K in keyof ConversationSettings]: ConversationSettings[K] | undefined },
  ): Promise<void>;
  /** True for the first who claims an event id, false for all others, for ten minutes. */
  claimEvent(eventId: string): Promise<boolean>;
  /**
   * Waits for the conversation's turn, one message at a time, in order of arrival, across processes. The returned
   * function gives it on. `onWaiting` hears how many are ahead.
   */
  takeTurn(conversation: string, options: TakeTurnOptions): Promise<() => Promise<void>>;
  /** One word for people where memory lives, as "redis" or "memory". */
  readonly kind: string;
  close(): Promise<void>;
}

export interface TakeTurnOptions {
  readonly signal: AbortSignal;
  readonly onWaiting?: (ahead: number) => void;
}

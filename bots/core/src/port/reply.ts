import type { BotErrorCode } from "./bot-error.ts";
import type { Author, Place } from "./place.ts";
import type { ConversationSettings } from "./settings.ts";

/** Somebody pressed a button under a reply. */
export interface ReplyAction {
  /** Where the reply is: the place of its question. */
  readonly place: Place;
  readonly author: Author;
  /** As `StartReply` gave it. */
  readonly replyId: string;
}

/** Somebody stops a reply, or all of a conversation. */
export interface StopAction extends Omit<ReplyAction, "replyId">, Partial<Pick<ReplyAction, "replyId">> {
  /** Of a channel, whether what is answered in its threads stops too. Default: of a direct one. */
  readonly inThreads?: boolean;
}

export type FeedbackRating = "up" | "down";

/** What a reply waits for, in the order in which it can happen. */
export type ReplyStatus =
  /** Requests or turns ahead of this one. */
  | { readonly type: "queued"; readonly ahead: number }
  | { readonly type: "loading"; readonly model: string; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly type: "reading"; readonly promptTokens: number; readonly cachedTokens: number }
  /** Writes thoughts, which are not shown. */
  | { readonly type: "thinking" };

export type ReplyEnd = "complete" | "stopped" | "length" | "contextFull" | "timeBudget" | "repetition";

/** The figures under a finished reply. */
export interface ReplyStats {
  readonly model: string;
  /** Words of thoughts, which are not shown; absent where there were none. */
  readonly thoughtWords?: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly queueMs: number;
  readonly modelLoadMs: number;
  readonly prefillMs: number;
  readonly timeToFirstTokenMs: number;
  readonly decodeMs: number;
}

/** Which buttons under an ended reply can do something: `rating` stands for 👍 and 👎 alone. Default `all`. */
export type ReplyButtons = "all" | "rating" | "none";

/**
 * A reply on a platform, from its first state to its end. The pipeline calls it in order: `status` any number of times,
 * `append` any number of times, then `finish`, `fail` or `discard` once; after `clear` it begins anew. Platforms pace their own edits.
 */
export interface Reply {
  /** Aborts when the platform gives the reply up, as at a shutdown. Stop and deletion go through `BotCore`. */
  readonly signal: AbortSignal;
  /**
   * What another process needs to go on in this reply's place if this one dies, as a message id; kept with the reply.
   * Absent where nothing is shown yet or nobody could go on.
   */
  readonly handle?: string | undefined;
  /**
   * Ids of the messages that show it, where these are all that a platform tells of a deletion. A reply that has ended is
   * forgotten with any of them.
   */
  readonly shownIn?: readonly string[];
  status(status: ReplyStatus): Promise<void>;
  append(text: string): Promise<void>;
  /**
   * Takes back what was appended: the question was changed and is answered anew, in the same place. Absent where a reply
   * that is being written goes on as it was asked.
   */
  clear?(): Promise<void>;
  /** `text` is the whole reply: what was appended, a repeated loop cut off. `stats` is absent when it was stopped before its end was known. */
  finish(end: ReplyEnd, text: string, stats: ReplyStats | undefined, buttons?: ReplyButtons): Promise<void>;
  /** `reason` is one sentence for people: what happened and what to do; `code` names it. What was appended stays. */
  fail(reason: string, buttons?: ReplyButtons, code?: BotErrorCode): Promise<void>;
  /**
   * Ends without a word: the question was deleted, and nothing is written. Absent where that is shown like any other end.
   */
  discard?(): Promise<void>;
  /**
   * Shows no more and says no more: another process goes on in this reply's place. Resolves when `handle` holds all that is
   * shown. Absent where that makes no difference.
   */
  leave?(): Promise<void>;
}

/** What a platform may want to know of a reply that begins. */
export interface ReplyFacts {
  /** What is set at its place; nothing where that cannot be known. */
  readonly settings: ConversationSettings;
  /** Whether to show 👍 and 👎 under it. */
  readonly wantsFeedback: boolean;
  /**
   * To be awaited before each write, also of what waited for a rate limit: false once another process writes this reply.
   * Takes as long as nobody can know.
   */
  mayWrite(): Promise<boolean>;
}

/**
 * Begins a reply on the platform. The id names the reply for its buttons (Stop, Regenerate, Continue, feedback): URL-safe,
 * at most 24 characters, the same in all processes.
 */
export type StartReply = (replyId: string, facts: ReplyFacts) => Promise<Reply>;

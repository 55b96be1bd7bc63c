import type { Command } from "./commands/command.ts";

/** Who wrote something. Ids are the platform's own, opaque to the core. */
export interface Author {
  readonly id: string;
  readonly name: string;
}

/**
 * Where a conversation takes place. The conversation key is made of it: the thread if there is one, else the channel;
 * a direct message is a channel of its own.
 */
export interface Place {
  /** As "slack", "discord", "web". */
  readonly platform: string;
  /** Workspace or guild; the tenant of the inference service. */
  readonly workspaceId: string;
  readonly channelId: string;
  readonly threadId?: string;
  readonly isDirect: boolean;
}

/** A message for the bot: a mention or a direct message, the mention itself taken off. */
export interface IncomingMessage {
  /** The platform's id of the event: the same when the platform delivers it twice. */
  readonly eventId: string;
  readonly place: Place;
  readonly author: Author;
  readonly text: string;
  /** A quoted message or an attached file's text: becomes Alpaca's Input. */
  readonly context?: string;
}

/** A command for the bot, by slash command or by the same words after a mention. */
export interface IncomingCommand {
  readonly eventId: string;
  readonly place: Place;
  readonly author: Author;
  readonly command: Command;
}

/** What a reply waits for, in the order in which it can happen. */
export type ReplyStatus =
  /** Requests or turns ahead of this one. */
  | { readonly type: "queued"; readonly ahead: number }
  | { readonly type: "loading"; readonly model: string; readonly loadedBytes: number; readonly totalBytes: number }
  | { readonly type: "reading"; readonly promptTokens: number; readonly cachedTokens: number };

export type ReplyEnd = "complete" | "stopped" | "length" | "contextFull" | "timeBudget" | "repetition";

/** The figures under a finished reply. */
export interface ReplyStats {
  readonly model: string;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly queueMs: number;
  readonly modelLoadMs: number;
  readonly prefillMs: number;
  readonly timeToFirstTokenMs: number;
  readonly decodeMs: number;
}

/**
 * A reply on a platform, from its first state to its end. The pipeline calls it in order: `status` any number of times,
 * `append` any number of times, then `finish` or `fail` once. Platforms pace their own edits.
 */
export interface Reply {
  /** Aborts when someone presses Stop or the question is deleted. */
  readonly signal: AbortSignal;
  status(status: ReplyStatus): Promise<void>;
  append(text: string): Promise<void>;
  /** `text` is the whole reply: what was appended, a repeated loop cut off. `stats` is absent when it was stopped before its end was known. */
  finish(end: ReplyEnd, text: string, stats: ReplyStats | undefined): Promise<void>;
  /** One sentence for people: what happened and what to do. What was appended stays. */
  fail(reason: string): Promise<void>;
}

/** What the core offers a platform. */
export interface BotCore {
  /** Answers one message; resolves when the reply has ended, however it ended. Never rejects for a failure it told the user. */
  handleMessage(message: IncomingMessage, startReply: () => Promise<Reply>): Promise<void>;
  /** Answers a command with Markdown for people. */
  handleCommand(command: IncomingCommand): Promise<string>;
}

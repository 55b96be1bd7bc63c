import type { BotErrorCode } from "./bot-error.ts";
import type { Command } from "./commands/command.ts";

/** Who wrote something. Ids are the platform's own, opaque to the core. */
export interface Author {
  readonly id: string;
  readonly name: string;
  /** Roles or user groups, for access lists and admins. Absent where they are not known: lists that deny roles then deny all. */
  readonly roleIds?: readonly string[];
  /** Workspaces this person is in: in a direct message that belongs to none of them, who is in an allowed one may talk. */
  readonly workspaceIds?: readonly string[];
  /** Whether the platform says that this person administers the workspace. Default false. */
  readonly isAdmin?: boolean;
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
  /** Of a thread, the channel it hangs in. */
  readonly channelId: string;
  readonly threadId?: string;
  readonly isDirect: boolean;
  /** The bot's own account, where several of a platform may share one memory: what one left, another cannot go on with. */
  readonly applicationId?: string;
}

/** A file that came with a message. Text files become part of Alpaca's Input; the core decides which are taken. */
export interface Attachment {
  readonly name: string;
  /** As "text/plain; charset=utf-8"; "" where the platform does not say. */
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** Fetches the file; called at most once, and only for a file that is taken. May reject. */
  load(signal: AbortSignal): Promise<Uint8Array>;
}

/** A message for the bot: a mention or a direct message, the mention itself taken off. */
export interface IncomingMessage {
  /**
   * The platform's id of what happened: the same when the platform delivers it again, or delivers the same message as two
   * kinds of event.
   */
  readonly eventId: string;
  /** The message's own id, by which its edit and its deletion are told. Default: the event's. */
  readonly messageId?: string;
  readonly place: Place;
  readonly author: Author;
  readonly text: string;
  /** The quoted or replied-to message's text: part of Alpaca's Input. */
  readonly quote?: string;
  /** Files, in the order of the message. Default none. */
  readonly attachments?: readonly Attachment[];
  /**
   * Whether it does not name the bot, as in a thread that goes on: others may be meant. Where lists or quotas keep it from
   * being answered, nothing is said. Default false.
   */
  readonly isOverheard?: boolean;
}

/** Something that a person did. */
export interface IncomingEvent {
  readonly eventId: string;
  readonly place: Place;
  readonly author: Author;
}

/** Whose an event is, and whether its author may talk to the bot there. */
export type Claim =
  | { readonly type: "claimed" }
  /** Another process answers it. */
  | { readonly type: "taken" }
  | { readonly type: "refused"; readonly sentence: string };

/** A command for the bot, by slash command or by the same words after a mention. */
export interface IncomingCommand extends IncomingEvent {
  /** The message's own id, where a message it was, by which its deletion is told. Default: the event's. */
  readonly messageId?: string;
  readonly command: Command;
}

/** Says why a command is not run in a way of the platform's own; answers with what is still to be told as any answer. */
export type Refuse = (sentence: string) => Promise<string | undefined>;

/** A question was changed after it was sent. */
export interface MessageEdit {
  readonly place: Place;
  readonly messageId: string;
  /** The whole new text, the mention taken off. */
  readonly text: string;
}

/** A question was taken back. */
export interface MessageDeletion {
  readonly place: Place;
  readonly messageId: string;
}

/** Somebody pressed a button under a reply. */
export interface ReplyAction {
  /** Where the reply is: the place of its question. */
  readonly place: Place;
  readonly author: Author;
  /** As `StartReply` gave it. */
  readonly replyId: string;
}

export type FeedbackRating = "up" | "down";

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

/**
 * Begins a reply on the platform. The id names the reply for its buttons (Stop, Regenerate, Continue, feedback): URL-safe,
 * at most 24 characters, the same in all processes.
 */
export type StartReply = (replyId: string) => Promise<Reply>;

/** A message whose process died before its reply had ended. */
export interface AbandonedReply {
  readonly message: IncomingMessage;
  readonly replyId: string;
  /** As the dead process's `Reply` gave it. */
  readonly handle: string | undefined;
  /** What an older reply had said, where this one goes on with it. */
  readonly begun: string;
}

/** Where a process can write. */
export interface ServedPlaces extends Pick<Place, "platform" | "applicationId"> {
  /** Whether a workspace is one of its own, by its id on the platform. */
  serves(workspaceId: string): boolean;
}

/**
 * What the core offers a platform. Any process may be asked about any conversation. Where an answer is a sentence or
 * undefined, the sentence says why nothing was done and is for the person who asked alone.
 */
export interface BotCore {
  /** Answers one message; resolves when the reply has ended, however it ended. Never rejects for a failure it told the user. */
  handleMessage(message: IncomingMessage, startReply: StartReply): Promise<void>;
  /** A question that is being answered is answered anew in the same reply; later, Regenerate answers the new text. */
  handleEdit(edit: MessageEdit): Promise<void>;
  /** Stops the reply to a question that was deleted, or forgets the two. */
  handleDeletion(deletion: MessageDeletion): Promise<void>;
  /**
   * Answers a command with Markdown for people; undefined when another process had the same event. `compare` answers with
   * both replies in one text here; `compare` below streams them. With `refuse`, what keeps the command from being run goes
   * to it, and its answer is the answer.
   */
  handleCommand(command: IncomingCommand, refuse?: Refuse): Promise<string | undefined>;
  /** Runs `compare` as two replies that stream side by side, each headed by its model. Resolves when both have ended. */
  compare(command: IncomingCommand, startReply: StartReply): Promise<string | undefined>;
  /**
   * Claims an event for what a platform itself says of it in public, as that a command does not exist. An event that is
   * handed to the core as well needs another id here. Never rejects.
   */
  claim(event: IncomingEvent & Partial<IncomingCommand>): Promise<Claim>;
  /**
   * Why somebody may not talk to the bot in a place, or not run a command there; undefined where they may. For what is to be
   * known before anything is shown, as whether a refusal is for one person alone.
   */
  refusal(event: Omit<IncomingEvent, "eventId"> & Partial<IncomingCommand>): string | undefined;
  /** Whether rounds of the conversation are remembered, so that the bot is part of it. False where that cannot be known. */
  remembers(place: Place): Promise<boolean>;
  /** Stops a reply, whichever process writes it. Anyone who may talk to the bot there may stop it. */
  stopReply(action: ReplyAction): Promise<string | undefined>;
  /** Stops whatever is being answered in a conversation, whichever process writes it. */
  stopReplies(action: Omit<ReplyAction, "replyId">): Promise<string | undefined>;
  /**
   * Answers the question of a reply again, with the settings of now, as a new reply that takes the old one's place in
   * memory. Also answers a failed reply's question. Resolves when the new reply has ended.
   */
  regenerate(action: ReplyAction, startReply: StartReply): Promise<string | undefined>;
  /**
   * Goes on where a reply was cut (`length`, `contextFull`, `timeBudget`, `stopped`). The new reply's text begins where the old
   * one's ends, blank space included; memory has them as one.
   */
  continueReply(action: ReplyAction, startReply: StartReply): Promise<string | undefined>;
  /** Whether the workspace collects feedback, so whether to show 👍 and 👎. False where that cannot be known. */
  wantsFeedback(place: Place): Promise<boolean>;
  /** Keeps a rating with its question and reply; the last one of a person counts. */
  giveFeedback(action: ReplyAction & { readonly rating: FeedbackRating }): Promise<string | undefined>;
  /**
   * From now on answers what dead processes of this platform left unanswered, in the workspaces that this one serves:
   * `startReply` takes the place of the reply they had begun, if any. Returns a function that ends it.
   */
  adoptReplies(where: ServedPlaces, startReply: (abandoned: AbandonedReply) => Promise<Reply>): () => void;
  /**
   * The beginning of a clean end: what is being answered or waits is left to another process, which takes it over at once;
   * from now on nothing is begun. Where memory is this process's own nothing is left, and the platform ends its replies.
   * Never rejects; takes a second at most.
   */
  handOver(): Promise<void>;
}

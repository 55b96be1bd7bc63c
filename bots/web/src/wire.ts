import type { FeedbackRating, ReplyButtons, ReplyEnd, ReplyStats, ReplyStatus } from "@cria/bot-core";

/** Someone who writes on the page; the id is the session's. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** The author of every reply. */
export const BOT: Person = { id: "cria", name: "Cria" };

/** Where a reply stands. Only "ended" and "failed" are final. */
export type ReplyState =
  | { readonly type: "waiting" }
  | ReplyStatus
  | { readonly type: "streaming" }
  /** Its server stopped; another takes it up again. */
  | { readonly type: "interrupted" }
  | {
      readonly type: "ended";
      readonly end: ReplyEnd;
      readonly stats?: ReplyStats;
      /** Who pressed Stop. */
      readonly stoppedBy?: Person;
      readonly buttons?: UsefulButtons;
    }
  | {
      readonly type: "failed";
      readonly reason: string;
      /** The same message would fail again. */
      readonly isFinal?: boolean;
      readonly buttons?: UsefulButtons;
    };

/** Which buttons of the bot's can do something under a reply; absent where all can. */
export type UsefulButtons = Exclude<ReplyButtons, "all">;

/** A text file that came with a message. */
export interface MessageFile {
  readonly name: string;
  readonly sizeBytes: number;
}

/** A text file as it is sent. */
export interface SentFile {
  readonly name: string;
  readonly text: string;
}

/** What a reply said before it was made anew. */
export interface ReplyVersion {
  readonly text: string;
  readonly state: ReplyState;
}

/** One message of a channel. */
export interface ChatMessage {
  /** Made by who posts it, so that a message sent twice is posted once. */
  readonly id: string;
  /** Milliseconds since 1970, rising within a channel. */
  readonly atMs: number;
  readonly author: Person;
  /** Markdown. */
  readonly text: string;
  /** Absent where there are none. */
  readonly files?: readonly MessageFile[];
  /** What a reply said before, oldest first. The bot remembers the newest, which is the message's own text. */
  readonly versions?: readonly ReplyVersion[];
  /** The message a reply answers. */
  readonly answers?: { readonly messageId: string; readonly authorName: string };
  /** What the bot names the reply by, for its buttons; absent while it has not begun. */
  readonly replyId?: string;
  /** How who reads it rated this reply. */
  readonly rated?: FeedbackRating;
  /** Whether it is one of two replies to a comparison. */
  readonly isCompared?: boolean;
  /** Whether it is no message but a line that says what its author did, as "switched the model". */
  readonly isNotice?: boolean;
  /** Whether its author changed it. */
  readonly isEdited?: boolean;
  /** Set on replies of a model; absent on people's messages and on answers to commands. */
  readonly state?: ReplyState;
}

/** What the head of a channel shows. */
export interface ChannelHead {
  /** The model that answers here; absent while the service cannot say. */
  readonly model?: string;
  /** The persona, if someone set one. */
  readonly persona?: string;
  readonly rememberedRounds: number;
  /** Whether 👍 and 👎 are asked for. */
  readonly wantsFeedback: boolean;
}

/** A model as the picker and the completions show it. */
export interface ModelChoice {
  readonly name: string;
  readonly description: string;
  readonly state: "available" | "loading" | "loaded" | "broken";
  /** Why it is broken. */
  readonly error?: string;
  readonly isDefault: boolean;
}

/** One line of the composer's completion list. */
export interface Completion {
  /** What the composer holds once it is chosen. */
  readonly text: string;
  readonly label: string;
  readonly description: string;
  /** Whether it is what answers here already. */
  readonly isInUse?: boolean;
  /** Why it cannot be chosen. */
  readonly disabledReason?: string;
}

/** One of a person's conversations with the bot: a channel for that person alone. */
export interface Chat {
  /** The channel's. */
  readonly id: string;
  /** "" until something was asked. */
  readonly title: string;
  /** When something was asked last, in milliseconds since 1970. */
  readonly atMs: number;
}

/** What the page needs before it can show anything. */
export interface Workspace {
  readonly name: string;
  readonly person: Person;
  readonly channels: readonly string[];
  /** This person's first chat with the bot, and what the ids of the others begin with. */
  readonly directChannel: string;
  /** Whether this person may chat with the bot beside the channels. */
  readonly hasChats: boolean;
  /** The person's chats, the one written in last first. */
  readonly chats: readonly Chat[];
  /** When the newest message of each channel and chat was written, by their ids. */
  readonly newest: Readonly<Record<string, number>>;
  readonly isServing: boolean;
  /** Whether what is written here is still there after a restart of the server. */
  readonly outlivesRestart: boolean;
  /** The longest message that is taken, in UTF-16 units. */
  readonly maxMessageLength: number;
  /** Events after this one are still to come. */
  readonly eventId: string;
}

/** A channel at one instant; events up to `eventId` are in it. */
export interface ChannelSnapshot {
  readonly messages: readonly ChatMessage[];
  readonly head: ChannelHead;
  readonly eventId: string;
}

/** What the server tells open pages. */
export type ServerEvent =
  /** Posted, or replaced as a whole. */
  | { readonly type: "message"; readonly channelId: string; readonly message: ChatMessage }
  /** `text` belongs at `offset` of the message's text, in UTF-16 units. */
  | {
      readonly type: "append";
      readonly channelId: string;
      readonly messageId: string;
      readonly offset: number;
      readonly text: string;
    }
  /** `text` replaces the whole text where the end of a reply cut it. */
  | {
      readonly type: "state";
      readonly channelId: string;
      readonly messageId: string;
      readonly state: ReplyState;
      readonly text?: string;
    }
  /** It came to nothing, as the place of a reply that was not given. */
  | { readonly type: "removed"; readonly channelId: string; readonly messageId: string }
  | { readonly type: "head"; readonly channelId: string; readonly head: ChannelHead }
  /** Added, renamed, or written in. */
  | { readonly type: "chat"; readonly chat: Chat }
  | { readonly type: "chatDeleted"; readonly chatId: string }
  | { readonly type: "channels"; readonly channels: readonly string[] }
  | { readonly type: "service"; readonly isServing: boolean };

/** The longest name of a person. */
export const MAX_NAME_LENGTH = 32;
/** The longest name of a file, in UTF-16 units. */
export const MAX_FILE_NAME_LENGTH = 255;
/** The longest title of a chat, in UTF-16 units. */
export const MAX_TITLE_LENGTH = 80;
/** The longest name of a channel. */
export const MAX_CHANNEL_NAME_LENGTH = 32;

/** Whether a reply is still being made. */
export function isLive(state: ReplyState | undefined): boolean {
  return state !== undefined && state.type !== "ended" && state.type !== "failed";
}

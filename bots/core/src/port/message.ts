import type { Author, Place, PlaceNames, Speaker } from "./place.ts";

/** A file that came with a message. Text files become part of Alpaca's Input; the core decides which are taken. */
export interface Attachment {
  readonly name: string;
  /** As "text/plain; charset=utf-8"; "" where the platform does not say. */
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** Whether it came with what is asked about, rather than with the question, which is answered without it where it is no text. Default false. */
  readonly isBeside?: boolean;
  /** Fetches the file; called at most once, and only for a file that is taken. May reject. */
  load(signal: AbortSignal): Promise<Uint8Array>;
}

/** A message of a thread, before the one that the bot is called into it by. */
export interface EarlierMessage {
  readonly messageId: string;
  /** Name of who wrote it. */
  readonly author: string;
  /** The platform's id of who wrote it, by which two of one name are told apart. */
  readonly authorId?: string | undefined;
  readonly text: string;
  /** When it was written, in milliseconds since 1970. Default: after the last reset, before which all is left out. */
  readonly atMs?: number;
}

/** A message that another one quotes, links to, replies to or passes on. */
export interface Quote {
  /** Who wrote it, the bot too. Default: not known, as the platform does not tell whose a forwarded message was. */
  readonly author?: Speaker | undefined;
  readonly text: string;
}

/** A message for the bot: a mention or a direct message, the mention itself taken off. */
export interface IncomingMessage {
  readonly place: Place;
  /** Who has it answered, with their own rights. */
  readonly author: Author;
  /** Who wrote it, where that is somebody else, as under a Retry: it is theirs in the prompt and in memory. Default: the author. */
  readonly asker?: Author;
  readonly text: string;
  /** Messages that it quotes or replies to: part of Alpaca's Input. Default none. */
  readonly quotes?: readonly Quote[];
  /** An answer of the bot's that it replies to, with the question's message: left out while memory has the two. */
  readonly quotedAnswer?: Quote & { readonly messageId: string };
  /** Messages of the thread before it, oldest first, the bot's own left out; those that memory has are left out here. Default none. */
  readonly before?: readonly EarlierMessage[];
  /** Files, in the order of the message. Default none. */
  readonly attachments?: readonly Attachment[];
  readonly names?: PlaceNames | undefined;
  /**
   * Whether it does not name the bot, as in a thread that goes on: others may be meant. Where lists or quotas keep it from
   * being answered, nothing is said. Default false.
   */
  readonly isOverheard?: boolean;
}

/** Something that a person did. */
export interface IncomingEvent {
  /**
   * The platform's id of what happened: the same when the platform delivers it again, or delivers the same message as two
   * kinds of event.
   */
  readonly eventId: string;
  readonly place: Place;
  readonly author: Author;
}

/** What may be a message for the bot, before anything is looked up. */
export interface ReceivedEvent extends Omit<IncomingEvent, "author"> {
  /** The message's own id, by which its edit and its deletion are told. */
  readonly messageId: string;
  /** What the platform needs to read it again where another process takes it over, in a form of its own; short, as the store holds it until it is answered. */
  readonly raw: string;
}

/** A message of which everything is known, as on the page. */
export interface SentMessage extends IncomingMessage, Pick<ReceivedEvent, "eventId"> {
  /** Default: the event's. */
  readonly messageId?: string;
}

/** A question was changed after it was sent. */
export interface MessageEdit {
  readonly place: Place;
  readonly messageId: string;
  /** The whole new text, the mention taken off. */
  readonly text: string;
}

/** Questions were taken back, or replies deleted. */
export interface MessageDeletion {
  readonly place: Place;
  /** Ids of questions' messages, or of replies as `StartReply` gave them. */
  readonly ids: readonly string[];
}

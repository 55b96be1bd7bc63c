import type { Author, Place } from "./place.ts";

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

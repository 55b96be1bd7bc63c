import type { Author, IncomingMessage, Place } from "../platform.ts";

/** A message from its claim to the end of its reply, as another process needs it if this one dies. */
export interface Unanswered {
  readonly eventId: string;
  readonly messageId: string;
  readonly place: Place;
  readonly author: Author;
  readonly text: string;
  /** The quoted message, and the files once they are read. */
  readonly context: string;
  /** Files that are not yet read; they die with their process. */
  readonly numUnreadFiles: number;
  readonly replyId: string;
  /** The platform's, of the reply that was begun. */
  readonly handle?: string;
  /** Of Regenerate and Continue: the reply under which they were pressed. */
  readonly again?: { readonly replyId: string; readonly isContinued: boolean };
  /** Of one of two replies side by side: the model that was asked. */
  readonly comparedModel?: string;
}

/** What is kept of a message. */
export function toUnanswered(message: IncomingMessage, replyId: string): Unanswered {
  const { eventId, messageId = eventId, place, author, text, quote = "", attachments = [] } = message;
  return { eventId, messageId, place, author, text, context: quote, numUnreadFiles: attachments.length, replyId };
}

/** The message again; files that were read are part of its quote. */
export function fromUnanswered({ eventId, messageId, place, author, text, context }: Unanswered): IncomingMessage {
  return { eventId, messageId, place, author, text, quote: context };
}

import { BotError } from "../port/bot-error.ts";
import type { IncomingMessage } from "../port/message.ts";
import type { Author, Place } from "../port/place.ts";

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
  /** As the message's own. */
  readonly isOverheard?: boolean;
  /** False until its author was let in and it was counted. Default true: a press was before it was kept. */
  readonly isAdmitted?: boolean;
  /** Of one of two replies side by side: the model that was asked. */
  readonly comparedModel?: string;
  /** When it came, in milliseconds since 1970. */
  readonly atMs: number;
  /** How many processes died over it. Default 0. */
  readonly deaths?: number;
}

/** Claimed by whoever answers a reply's question again, until that has ended: a second press is told so. */
export const againEvent = (replyId: string) => `again:${replyId}`;

/** Nobody waits longer for an answer without asking again. */
const MAX_AGE_MS = 10 * 60_000;
/** A message that takes one process down may take the next one down; the third is not put at risk. */
const MAX_DEATHS = 1;

/** Throws a `BotError` (`INTERNAL`) for a message that is told of instead of being tried once more. */
export function checkTries({ atMs, deaths = 0 }: Unanswered): void {
  if (deaths > MAX_DEATHS)
    throw new BotError("INTERNAL", "I was restarted twice while I answered this. Ask again, or in other words.");
  if (Date.now() - atMs > MAX_AGE_MS) throw new BotError("INTERNAL", "I was away when you asked this. Ask again.");
}

/** What is kept of a message. */
export function toUnanswered(message: IncomingMessage, replyId: string): Unanswered {
  const { eventId, messageId = eventId, place, author, text, quote = "", attachments = [], isOverheard } = message;
  const asked = { eventId, messageId, place, author, text, context: quote, numUnreadFiles: attachments.length };
  return { ...asked, replyId, atMs: Date.now(), ...(isOverheard && { isOverheard }) };
}

/** The message again; files that were read are part of its quote. To what was begun there is an end, whoever is meant. */
export function fromUnanswered(unanswered: Unanswered): IncomingMessage {
  const { eventId, messageId, place, author, text, context, handle, isOverheard = false } = unanswered;
  return { eventId, messageId, place, author, text, quote: context, isOverheard: isOverheard && handle === undefined };
}

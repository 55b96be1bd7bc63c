import type { FeedbackRating } from "@cria/bot-core";
import type { ChatMessage, MessageFile, ReplyVersion } from "../wire.ts";

/** Versions kept of a reply, the newest included; older ones go. */
export const MAX_VERSIONS = 10;

/** How people rated a reply, by their ids. */
export type Ratings = Readonly<Record<string, FeedbackRating>>;

/** A file with its text. */
export interface KeptFile extends MessageFile {
  readonly text: string;
}

/** What a reply was before it was made anew, with all that is needed to put it back. */
export interface KeptVersion extends ReplyVersion {
  readonly replyId?: string;
  readonly ratings?: Ratings;
}

/** A message as it is kept: with what its readers do not get, or not at once. */
export interface KeptMessage extends Omit<ChatMessage, "rated" | "files" | "versions"> {
  readonly ratings?: Ratings;
  readonly files?: readonly KeptFile[];
  /** What a reply said before, oldest first. */
  readonly versions?: readonly KeptVersion[];
  /** The reply that it was to replace in the bot's memory: that one is still there if its server died. */
  readonly predecessorId?: string;
}

/** A message as somebody gets it, with their own rating. */
export function seenBy(
  { ratings, files, versions, predecessorId: _, ...message }: KeptMessage,
  personId = "",
): ChatMessage {
  const rated = ratings?.[personId];
  return {
    ...message,
    ...(rated !== undefined && { rated }),
    ...(files !== undefined && { files: files.map(({ name, sizeBytes }) => ({ name, sizeBytes })) }),
    ...(versions !== undefined && { versions: versions.map(({ text, state }) => ({ text, state })) }),
  };
}

/** A reply's versions once it is made anew: what it says now is one more of them, if it ended. */
export function withVersion({ text, state, replyId, ratings, versions = [] }: KeptMessage): readonly KeptVersion[] {
  if (state?.type !== "ended" || text === "") return versions;
  const version = { text, state, ...(replyId !== undefined && { replyId }), ...(ratings && { ratings }) };
  return [...versions, version].slice(1 - MAX_VERSIONS);
}

import type { PlaceNames, Speaker } from "../port/place.ts";
import type { ReplyEnd } from "../port/reply.ts";

/** Most ended replies kept of a conversation: people press buttons under what they still see. */
export const MAX_KEPT_REPLIES = 64;

/** An ended reply with what its buttons need. */
export interface KeptReply {
  readonly id: string;
  /** The question's message. */
  readonly messageId: string;
  /** Name of who asked. */
  readonly author: string;
  /** For access lists: who asked at first, whoever pressed a button since. */
  readonly asker?: { readonly id: string; readonly roleIds?: readonly string[] | undefined };
  readonly names?: PlaceNames | undefined;
  readonly question: string;
  readonly context?: string;
  /** Who speaks in the context, as in a thread. */
  readonly contextSpeakers?: readonly Speaker[] | undefined;
  /** What people saw of the answer; "" for nothing. */
  readonly text: string;
  readonly end: ReplyEnd | "failed";
  /** The model that answered; absent where none did. */
  readonly model?: string;
  /** One of two replies side by side; no round of the conversation. */
  readonly isCompared?: boolean;
  /** As `Reply.shownIn`. */
  readonly shownIn?: readonly string[] | undefined;
  /** Id of the reply whose place it was to take and did not, as one that failed: the place is still that one's. */
  readonly replaces?: string;
}

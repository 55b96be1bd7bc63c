import type { Ownership } from "../conversation/conversation-store.ts";
import type { KeptReply } from "../conversation/kept-reply.ts";
import type { IncomingMessage } from "../port/message.ts";
import type { Reply } from "../port/reply.ts";
import type { RunningReply } from "../reply/running-replies.ts";
import type { Arrival } from "./arrivals.ts";
import type { Core } from "./core.ts";

/** One question and where its reply goes. */
export interface AnswerOptions {
  readonly core: Core;
  readonly message: IncomingMessage;
  /** Lets the message in. Throws what keeps it from being answered. */
  admit(): Promise<void>;
  /** Reads the text it is about; "" for none. In the conversation's turn, so that a slow file keeps its place. */
  readContext(): Promise<string>;
  /** Whose the message is by now. Rejects where that cannot be known. */
  reclaim(): Promise<Ownership>;
  /** Hears the question's new words when the reply begins anew. */
  readonly onEdit?: (text: string) => void;
  readonly reply: Reply;
  readonly running: RunningReply;
  readonly arrival: Arrival;
  /** The reply whose place in memory this one takes; it goes on where that one ends if `isContinued`. */
  readonly predecessor?: { readonly kept: KeptReply; readonly isContinued: boolean } | undefined;
}

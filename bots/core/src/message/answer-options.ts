import type { IncomingMessage } from "../port/message.ts";
import type { Reply } from "../port/reply.ts";
import type { RunningReply } from "../reply/running-replies.ts";
import type { AnswerMemory } from "./answer-memory.ts";
import type { Background } from "./background.ts";
import type { Core } from "./core.ts";
import type { Turn } from "./turn.ts";

/** One question and where its answer goes. */
export interface AnswerOptions {
  readonly core: Core;
  readonly eventId: string;
  readonly message: IncomingMessage;
  readonly reply: Reply;
  readonly running: RunningReply;
  readonly memory: AnswerMemory;
  /** Absent where it needs none, as in a comparison. */
  readonly turn?: Turn;
  /** Another model than the conversation's. */
  readonly model?: string;
  /** What keeps it from being answered. */
  readonly refusal?: unknown;
  /** As how many messages it was counted. */
  readonly numCounted: number;
  /** What it stands before, as of its turn. */
  background(): Promise<Background>;
  /** Resolves when it is known that the message is this process's to answer. Rejects where it is another's. */
  beforeWrite(): Promise<void>;
  /** Hears the question's new words when the reply begins anew. */
  onEdit(text: string): void;
}

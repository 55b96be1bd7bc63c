import { conversationKey, workspaceKey } from "../conversation/conversation-key.ts";
import type { Author, Place } from "../port/place.ts";
import type { Exchange } from "../records/transcript.ts";
import type { Core } from "./core.ts";

/** Who asked, and where. */
interface Asked {
  readonly eventId: string;
  readonly place: Place;
  readonly author: Author;
}

/** An exchange that has ended, as the pipeline knows it. */
interface EndedExchange {
  readonly message: Asked;
  readonly question: string;
  readonly replyId: string;
  readonly startedAtMs: number;
  readonly result: Pick<Exchange, "outcome" | "reply" | "stats">;
}

/** Writes an exchange into the transcript. */
export function recordExchange({ transcript }: Core, { message, startedAtMs, result, ...ids }: EndedExchange): void {
  transcript.record({
    workspace: workspaceKey(message.place),
    conversation: conversationKey(message.place),
    eventId: message.eventId,
    authorId: message.author.id,
    ...ids,
    totalMs: Date.now() - startedAtMs,
    ...result,
  });
}

/** Counts tokens, of prompt and completion, towards the quotas of the day. Never rejects: they are used. */
export function countTokens({ quotas, logger }: Core, { place, author }: Omit<Asked, "eventId">, tokens: number): void {
  quotas
    ?.countTokens(workspaceKey(place), author.id, tokens)
    .catch((error: unknown) => logger.warn({ err: error }, "the tokens of a reply were not counted"));
}

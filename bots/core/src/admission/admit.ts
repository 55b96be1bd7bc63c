import { workspaceKey } from "../conversation/conversation-key.ts";
import { BotError } from "../port/bot-error.ts";
import type { Author, Place } from "../port/place.ts";
import { type Access, accessRefusal } from "./access.ts";
import { type MessageUse, type QuotaLimits, type QuotaStore, quotaError } from "./quota.ts";

/** Who may and how much. */
export interface Admission extends Access {
  /** Undefined where nothing is limited. */
  readonly quotas: QuotaStore | undefined;
  readonly quotaLimits: QuotaLimits;
}

/** Throws a `BotError` (`ACCESS_DENIED`) where this person may not talk to the bot. */
export function checkAccess(access: Access, place: Place, author: Author): void {
  const refusal = accessRefusal(access, place, author);
  if (refusal !== undefined) throw new BotError("ACCESS_DENIED", refusal);
}

/** Lets a message in and counts it, or as many as it stands for. Throws a `BotError` (`ACCESS_DENIED`, `QUOTA_EXCEEDED`). */
export async function admit(admission: Admission, place: Place, author: Author, numMessages = 1): Promise<void> {
  checkAccess(admission, place, author);
  const { quotas, quotaLimits, words } = admission;
  const refusal = await quotas?.countMessages(messageUse(place, author, numMessages), quotaLimits);
  if (refusal) throw quotaError({ ...refusal, limits: quotaLimits, numMessages, words });
}

/** Takes the count of messages back that were let in, and could not be answered. Never rejects. */
export async function uncount({ quotas }: Admission, place: Place, author: Author, numMessages: number): Promise<void> {
  if (numMessages > 0) await quotas?.uncountMessages(messageUse(place, author, numMessages)).catch(() => undefined);
}

/** Counts tokens, of prompt and completion, towards the quotas of the day. Rejects where they cannot be counted. */
export async function countTokens({ quotas }: Admission, place: Place, author: Author, tokens: number): Promise<void> {
  await quotas?.countTokens(workspaceKey(place), author.id, tokens);
}

function messageUse(place: Place, author: Author, numMessages: number): MessageUse {
  return { workspace: workspaceKey(place), user: author.id, numMessages };
}

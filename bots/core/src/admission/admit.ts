import { workspaceKey } from "../conversation/conversation-key.ts";
import { BotError } from "../port/bot-error.ts";
import type { Author, Place } from "../port/place.ts";
import { type Access, accessRefusal } from "./access.ts";
import { hasLimits, type QuotaLimits, type QuotaStore, quotaError } from "./quota.ts";

/** Who may and how much. */
export interface Admission extends Access {
  readonly quotas: QuotaStore;
  readonly quotaLimits: QuotaLimits;
}

/** Throws a `BotError` (`ACCESS_DENIED`) where this person may not talk to the bot. */
export function checkAccess(access: Access, place: Place, author: Author): void {
  const refusal = accessRefusal(access, place, author);
  if (refusal !== undefined) throw new BotError("ACCESS_DENIED", refusal);
}

/** Lets a message in and counts it. Throws a `BotError` (`ACCESS_DENIED`, `QUOTA_EXCEEDED`). */
export async function admit(admission: Admission, place: Place, author: Author): Promise<void> {
  checkAccess(admission, place, author);
  const { quotas, quotaLimits, words } = admission;
  if (!hasLimits(quotaLimits)) return;
  const refusal = await quotas.countMessage(workspaceKey(place), author.id, quotaLimits);
  if (refusal) throw quotaError({ ...refusal, limits: quotaLimits, words });
}

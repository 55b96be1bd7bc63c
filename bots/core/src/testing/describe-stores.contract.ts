import { describeClaims } from "../conversation/claims.contract.ts";
import { describeInbox } from "../conversation/inbox.contract.ts";
import { describeRounds } from "../conversation/rounds.contract.ts";
import { describeSettings } from "../conversation/settings.contract.ts";
import { describeSignals } from "../conversation/signals.contract.ts";
import { describeTurnQueue } from "../conversation/turn-queue.contract.ts";
import type { OpenStores } from "./opened-stores.ts";

/** What all stores do, wherever they are. */
export function describeStores(name: string, open: OpenStores): void {
  describeRounds(`${name} rounds`, open);
  describeSettings(`${name} settings`, open);
  describeClaims(`${name} claims`, open);
  describeInbox(`${name} inbox`, open);
  describeTurnQueue(`${name} turn queue`, open);
  describeSignals(`${name} signals`, open);
}

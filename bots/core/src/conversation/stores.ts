import type { Claims } from "./claims.ts";
import type { Inbox } from "./inbox.ts";
import type { KeptReplies, Rounds } from "./rounds.ts";
import type { SettingsStore } from "./settings.ts";
import type { Signals } from "./signals.ts";
import type { TurnQueue } from "./turn-queue.ts";

/** What bots keep of conversations: in Redis for all their processes, or in this one. */
export interface Stores {
  readonly rounds: Rounds;
  readonly replies: KeptReplies;
  readonly settings: SettingsStore;
  readonly claims: Claims;
  readonly inbox: Inbox;
  readonly turns: TurnQueue;
  readonly signals: Signals;
  /** One word for people where they are, as "redis" or "memory". */
  readonly kind: string;
  close(): Promise<void>;
}

import { describeInbox } from "../conversation/inbox.contract.ts";
import { describeRounds } from "../conversation/rounds.contract.ts";
import { describeSettings } from "../conversation/settings.contract.ts";
import { describeSignals } from "../conversation/signals.contract.ts";
import { describeTurnQueue } from "../conversation/turn-queue.contract.ts";
import { createMemoryStores } from "./memory-stores.ts";

const open = async (roundsTtlMs = 60_000) => {
  const stores = createMemoryStores({ roundsTtlMs });
  return { stores: [stores, stores] as const, close: () => stores.close() };
};

describeRounds("Memory rounds", open);
describeSettings("Memory settings", open);
describeInbox("Memory inbox", open);
describeTurnQueue("Memory turn queue", open);
describeSignals("Memory signals", open);

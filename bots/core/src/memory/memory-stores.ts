import type { Stores } from "../conversation/stores.ts";
import { MemoryClaims, MemoryInbox } from "./memory-inbox.ts";
import { createMemoryRounds } from "./memory-rounds.ts";
import { createMemorySettings } from "./memory-settings.ts";
import { createMemorySignals } from "./memory-signals.ts";
import { MemoryTurnQueue } from "./memory-turn-queue.ts";

/** How the stores of one process are made. */
export interface MemoryStoresOptions {
  /** How long a silent conversation is remembered, in milliseconds. */
  readonly roundsTtlMs: number;
}

/** Keeps everything in this process: for one process, until it ends. The twin of the Redis stores. */
export function createMemoryStores({ roundsTtlMs }: MemoryStoresOptions): Stores {
  const claims = new MemoryClaims();
  return {
    kind: "memory",
    ...createMemoryRounds(roundsTtlMs),
    settings: createMemorySettings(),
    claims,
    inbox: new MemoryInbox(claims),
    turns: new MemoryTurnQueue(),
    signals: createMemorySignals(),
    close: async () => undefined,
  };
}

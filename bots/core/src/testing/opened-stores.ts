import type { Stores } from "../conversation/stores.ts";

/** Two views on the same memory, as two processes have. */
export interface OpenedStores {
  readonly stores: readonly [Stores, Stores];
  close(): Promise<void>;
}

/** Opens them, remembering rounds for so long. */
export type OpenStores = (roundsTtlMs?: number) => Promise<OpenedStores>;

import type { Model } from "@cria/proto";

/** How long a listing serves all who ask, in milliseconds; so late may a bot notice what became of a model. */
const FRESH_MS = 1_000;

/** The models as they were listed within the last second, so that a busy bot does not list them for every message. */
export interface RecentModels {
  /** Rejects as the listing does, which is not kept then. */
  list(): Promise<readonly Model[]>;
  /** The next to ask hears of now. */
  forget(): void;
}

/** One listing at a time, as old as its answer by the monotonic clock. */
export function createRecentModels(listNow: () => Promise<readonly Model[]>): RecentModels {
  let listed: { readonly models: Promise<readonly Model[]>; atMs: number } | undefined;
  const forget = () => {
    listed = undefined;
  };
  return {
    forget,
    list: () => {
      if (listed && performance.now() - listed.atMs < FRESH_MS) return listed.models;
      const listing = { models: listNow(), atMs: Infinity };
      listed = listing;
      const date = () => {
        listing.atMs = performance.now();
      };
      listing.models.then(date, () => {
        if (listed === listing) forget();
      });
      return listing.models;
    },
  };
}

import type { Queued } from "./queued.ts";

type QueuedOptions = Partial<Queued["request"]> & Partial<Omit<Queued, "request">>;

let numQueued = 0;

/** One that may wait, unlike any other: by default of one prompt token, the empty tenant, priority 0, no hurry, arrived at 0 ms. */
export function queued({
  arrivedAt = 0,
  numPromptTokens = 1,
  ...request
}: QueuedOptions = {}): Queued & { readonly id: number } {
  const id = numQueued++;
  return {
    id,
    arrivedAt,
    numPromptTokens,
    request: { tenant: "", priority: 0, maxQueueTimeMs: undefined, ...request },
  };
}

/** As many alike. */
export function times(count: number, options: QueuedOptions): Queued[] {
  return Array.from({ length: count }, () => queued(options));
}

export const tenantOf = (item: Queued | undefined) => item?.request.tenant;

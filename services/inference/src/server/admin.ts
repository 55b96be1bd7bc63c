import { type AdminServiceServer, type Duration, durationToMs, type GetLoadResponse } from "@cria/proto";
import type { ModelRegistry } from "../registry/model-registry.ts";
import { type Edge, unary } from "./edge/handler.ts";
import { validateDrain } from "./edge/validate-request.ts";

const DEFAULT_DRAIN_MS = 30_000;

/** Memory that is in use, of what may be. */
export interface MemoryInUse {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** What the handlers of `AdminService` work with. */
export interface AdminServiceOptions extends Edge {
  readonly registry: ModelRegistry;
  /** Most bytes of weights and KV caches that are loaded at once. */
  readonly modelMemoryBytes: number;
  /** Blocks of the prefix cache; undefined for none. */
  readonly blockStore: MemoryInUse | undefined;
  /** Turns health to NOT_SERVING and drains. Resolves to how many requests were ended. */
  drain(timeoutMs: number): Promise<number>;
}

/** The handlers of the contract's `AdminService`. */
export function createAdminService(options: AdminServiceOptions): AdminServiceServer {
  return {
    getLoad: unary(options, () => currentLoad(options)),
    drain: unary(options, async (request) => {
      validateDrain(request);
      return { endedRequests: await options.drain(drainMs(request.timeout)) };
    }),
  };
}

function currentLoad({ registry, gate, modelMemoryBytes, blockStore }: AdminServiceOptions): GetLoadResponse {
  const loads = registry.loads();
  return {
    models: loads.map(({ description: { name, device }, load }) => ({ ...load, model: name, device })),
    draining: gate.isDraining,
    residentBytes: process.memoryUsage.rss(),
    modelBytes: loads.reduce((sum, { description }) => sum + description.memoryBytes, 0),
    modelBytesLimit: modelMemoryBytes,
    prefixCacheBytes: blockStore?.usedBytes ?? 0,
    prefixCacheBytesLimit: blockStore?.limitBytes ?? 0,
  };
}

function drainMs(timeout: Duration | undefined): number {
  return timeout ? durationToMs(timeout) : DEFAULT_DRAIN_MS;
}

import { type AdminServiceServer, type Duration, durationToMs, type GetLoadResponse } from "@cria/proto";
import type { ModelRegistry } from "../models/model-registry.ts";
import { type Edge, unary } from "./handler.ts";
import { validateDrain } from "./validate-request.ts";

const DEFAULT_DRAIN_MS = 30_000;

/** What the handlers of `AdminService` work with. */
export interface AdminServiceOptions extends Edge {
  readonly registry: ModelRegistry;
  /** Most bytes of weights and KV caches that are loaded at once. */
  readonly memoryBytes: number;
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

function currentLoad({ registry, gate, memoryBytes }: AdminServiceOptions): GetLoadResponse {
  const loaded = registry.loaded();
  return {
    models: loaded.map(({ description, engine }) => ({
      ...engine.load(),
      model: description.name,
      device: description.device,
    })),
    draining: gate.isDraining,
    residentBytes: process.memoryUsage.rss(),
    modelBytes: loaded.reduce((sum, { description }) => sum + description.memoryBytes, 0),
    modelBytesLimit: memoryBytes,
  };
}

function drainMs(timeout: Duration | undefined): number {
  return timeout ? durationToMs(timeout) : DEFAULT_DRAIN_MS;
}

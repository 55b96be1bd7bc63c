import {
  AdminServiceService,
  CountTokensRequest,
  DrainRequest,
  GenerateRequest,
  GetLoadRequest,
  GetModelRequest,
  InferenceServiceService,
  ListModelsRequest,
  LoadModelRequest,
  ModelServiceService,
  UnloadModelRequest,
} from "@cria/proto";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { Metrics } from "../observability/metrics.ts";
import type { ModelRegistry } from "../registry/model-registry.ts";
import { createAdminService, type MemoryInUse } from "./admin.ts";
import { bearerAuth } from "./edge/auth.ts";
import { endCancelledCalls } from "./edge/call-context.ts";
import { RequestGate } from "./edge/request-gate.ts";
import { strictly } from "./edge/strict-decoding.ts";
import { createInferenceService } from "./generate.ts";
import { createHealth, type Health } from "./health.ts";
import { createModelService } from "./models.ts";
import { addReflection } from "./reflection.ts";

/** Twice the longest prompt, so that a prompt over its limit is refused by its name rather than by its frame. */
const MAX_MESSAGE_BYTES = 8 * 2 ** 20;
/**
 * Calls of one connection at once; its client keeps further ones back until some have ended, and nobody is told. Under the default
 * CRIA_MAX_WAITING the queue refuses long before, with a reason; where that is close to this or over it, one connection may not fill it.
 */
const MAX_CONCURRENT_STREAMS = 1000;
/** A client that vanished without a word is noticed, and its place freed, within half a minute. */
const KEEPALIVE_TIME_MS = 20_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
const HEALTH_REFRESH_MS = 5000;
/** For the last statuses to leave. Streams that never end by themselves, as health's, are cut then. */
const FLUSH_MS = 100;

/** What the server serves, and where. */
export interface ServerOptions {
  /** Name or address to listen at. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Bearer token that callers must show; undefined for none. */
  readonly token: string | undefined;
  readonly registry: ModelRegistry;
  /** Most memory that loaded models may hold, in bytes; told in load reports. */
  readonly modelMemoryBytes: number;
  /** Memory of the prefix cache's blocks, told there too; undefined for none. */
  readonly blockStore: MemoryInUse | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  /** Drains for at most this long, ends what is left and stops listening. */
  close(graceMs: number): Promise<void>;
}

/** Starts to serve the contract, health and reflection. @throws when the port is taken or the host is not this machine */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { token } = options;
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_concurrent_streams": MAX_CONCURRENT_STREAMS,
    "grpc.keepalive_time_ms": KEEPALIVE_TIME_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    interceptors: [endCancelledCalls, ...(token === undefined ? [] : [bearerAuth(token, options)])],
  });
  const health = createHealth(options.registry);
  const drain = addServices(server, health, options);
  const port = await listen(server, options);
  const refreshing = setInterval(health.refresh, HEALTH_REFRESH_MS).unref();
  return {
    port,
    async close(graceMs) {
      clearInterval(refreshing);
      await drain(graceMs);
      await shutDown(server);
    },
  };
}

/** Adds every service; returns the way to drain them. */
function addServices(server: Server, health: Health, options: ServerOptions): (timeoutMs: number) => Promise<number> {
  const gate = new RequestGate();
  const drain = (timeoutMs: number) => {
    health.drain();
    return gate.drain(timeoutMs);
  };
  const edge = { ...options, gate, drain };
  server.addService(
    strictly(InferenceServiceService, { generate: GenerateRequest, countTokens: CountTokensRequest }),
    createInferenceService(edge),
  );
  server.addService(
    strictly(ModelServiceService, {
      listModels: ListModelsRequest,
      getModel: GetModelRequest,
      loadModel: LoadModelRequest,
      unloadModel: UnloadModelRequest,
    }),
    createModelService(edge),
  );
  server.addService(
    strictly(AdminServiceService, { getLoad: GetLoadRequest, drain: DrainRequest }),
    createAdminService(edge),
  );
  health.addToServer(server);
  addReflection(server);
  return drain;
}

function listen(server: Server, { host, port }: ServerOptions): Promise<number> {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error) reject(error);
      else resolve(boundPort);
    });
  });
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, FLUSH_MS);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}

import {
  type Duration,
  durationToMs,
  type LoadModelRequest,
  type LoadModelResponse,
  type ModelServiceServer,
} from "@cria/proto";
import type { ModelRegistry } from "../registry/model-registry.ts";
import type { CallContext } from "./edge/call-context.ts";
import { type Edge, type Send, serverStreaming, unary } from "./edge/handler.ts";
import { validateLoadModel, validateModelName } from "./edge/validate-request.ts";
import { modelMessage } from "./model-message.ts";

/** What the handlers of `ModelService` work with. */
export interface ModelServiceOptions extends Edge {
  readonly registry: ModelRegistry;
}

/** The handlers of the contract's `ModelService`. */
export function createModelService(options: ModelServiceOptions): ModelServiceServer {
  const { registry } = options;
  return {
    listModels: unary(options, () => ({ models: registry.list().map(modelMessage) })),
    getModel: unary(options, ({ name }) => {
      validateModelName(name);
      return { model: modelMessage(registry.get(name)) };
    }),
    loadModel: serverStreaming(options, (request, send, context) => loadModel(registry, request, send, context)),
    unloadModel: unary(options, async ({ name }) => {
      validateModelName(name);
      await registry.unload(name);
      return { model: modelMessage(registry.get(name)) };
    }),
  };
}

/** A request's keep_alive in milliseconds, -1 for always; undefined for the service's own. */
export function keepAliveMs(duration: Duration | undefined): number | undefined {
  if (!duration) return undefined;
  return duration.seconds < 0 ? -1 : durationToMs(duration);
}

async function loadModel(
  registry: ModelRegistry,
  request: LoadModelRequest,
  send: Send<LoadModelResponse>,
  { signal }: CallContext,
): Promise<void> {
  validateLoadModel(request);
  const onProgress = percentSteps((loadedBytes, totalBytes) => {
    // At most a hundred small messages, so a slow reader need not be waited for.
    void send({ loadedBytes, totalBytes })?.catch(() => {});
  });
  const lease = await registry.acquire(request.name, {
    keepAliveMs: keepAliveMs(request.keepAlive),
    onProgress,
    signal,
  });
  try {
    const { weightBytes } = lease.model.description;
    await send({ loadedBytes: weightBytes, totalBytes: weightBytes, model: modelMessage(registry.get(request.name)) });
  } finally {
    lease.release();
  }
}

/** Passes progress on once a percent. */
function percentSteps(report: (loadedBytes: number, totalBytes: number) => void) {
  let reported = -1;
  return (loadedBytes: number, totalBytes: number) => {
    const percent = Math.floor((100 * loadedBytes) / totalBytes);
    if (percent <= reported) return;
    reported = percent;
    report(loadedBytes, totalBytes);
  };
}

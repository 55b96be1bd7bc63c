import { randomUUID } from "node:crypto";
import type {
  CountTokensRequest,
  CountTokensResponse,
  GenerateRequest,
  GenerateResponse,
  InferenceServiceServer,
} from "@cria/proto";
import type { GeneratorEvent } from "../generation/generator.ts";
import type { Metrics, RequestObserver } from "../observability/metrics.ts";
import type { ModelLease, ModelRegistry } from "../registry/model-registry.ts";
import { textBytes } from "../text/prompt-encoder.ts";
import type { CallContext } from "./edge/call-context.ts";
import { type Edge, type Send, serverStreaming, unary } from "./edge/handler.ts";
import { SendQueue } from "./edge/send-queue.ts";
import { validateCountTokens, validateGenerate } from "./edge/validate-request.ts";
import {
  deltaResponse,
  type EventOf,
  finishedResponse,
  type GenerateContext,
  startedResponse,
} from "./generate-response.ts";
import { toGenerationParameters } from "./generation-parameters.ts";
import { keepAliveMs } from "./models.ts";

/** What the handlers of `InferenceService` work with. */
export interface InferenceServiceOptions extends Edge {
  readonly registry: ModelRegistry;
  readonly metrics: Metrics;
}

/** The handlers of the contract's `InferenceService`. */
export function createInferenceService(options: InferenceServiceOptions): InferenceServiceServer {
  return {
    generate: serverStreaming(options, (request, send, context) => generate(options, request, send, context)),
    countTokens: unary(options, (request, context) =>
      options.gate.run(context.signal, (signal) => count(options, request, signal)),
    ),
  };
}

async function generate(
  options: InferenceServiceOptions,
  request: GenerateRequest,
  send: Send<GenerateResponse>,
  { signal }: CallContext,
): Promise<void> {
  const arrivedAt = performance.now();
  validateGenerate(request);
  const lease = await options.registry.acquire(request.model, {
    keepAliveMs: keepAliveMs(request.keepAlive),
    signal,
    request: { tenant: request.tenant, priority: request.priority ?? 0, bytes: textBytes(request.prompt) },
  });
  const sending = new SendQueue(send);
  try {
    // Once the model has done its part it is let go, however slowly the caller reads.
    await reply(options, { request, lease, arrivedAt }, sending).finally(() => lease.release());
  } catch (error) {
    await sending.flushed().catch(() => {}); // Told is what came first.
    throw error;
  }
  await sending.flushed();
}

interface Call {
  readonly request: GenerateRequest;
  readonly lease: ModelLease;
  readonly arrivedAt: number;
}

async function reply(
  options: InferenceServiceOptions,
  { request, lease, arrivedAt }: Call,
  sending: SendQueue<GenerateResponse>,
): Promise<void> {
  const context = contextOf(request, lease, arrivedAt);
  const observer = options.metrics.observeRequest(context.model, arrivedAt);
  const { generator } = lease.model;
  const events = generator.generate(request.prompt, context.parameters, lease.signal, observer.token);
  await stream(options, { events, context, observer, admit: () => admit(request, lease) }, sending);
}

/** The request runs: it lets go of its text, which the call would hold to its end, and which no generator reads any more. */
function admit(request: GenerateRequest, lease: ModelLease): void {
  lease.admit();
  request.prompt.length = 0;
}

function contextOf(request: GenerateRequest, { model, loadTimeMs }: ModelLease, arrivedAt: number): GenerateContext {
  const { description } = model;
  return {
    requestId: request.requestId || randomUUID(),
    tenant: request.tenant,
    model: description.name,
    parameters: toGenerationParameters(request, description),
    ignoreModelStop: request.stopping?.ignoreModelStop ?? false,
    modelRevision: description.revision,
    loadTimeMs,
    arrivedAt,
    handOverMs: performance.now() - arrivedAt,
  };
}

interface Reply {
  readonly events: AsyncIterable<GeneratorEvent>;
  readonly context: GenerateContext;
  readonly observer: RequestObserver;
  /** To be called once the request runs. */
  admit(): void;
}

async function stream(
  { logger }: InferenceServiceOptions,
  { events, context, observer, admit }: Reply,
  sending: SendQueue<GenerateResponse>,
): Promise<void> {
  for await (const event of events) {
    switch (event.type) {
      case "started":
        admit();
        observer.started(event);
        sending.put(startedResponse(event, context));
        break;
      case "delta":
        sending.put(deltaResponse(event));
        break;
      case "finished":
        observer.finished(event.reason);
        sending.put(finishedResponse(event, context));
        logger.info(summary(event, context), "generated");
    }
  }
}

/** What the log tells of a reply: never its text. */
function summary(event: EventOf<"finished">, context: GenerateContext) {
  return {
    requestId: context.requestId,
    model: context.model,
    tenant: context.tenant,
    finishReason: event.reason,
    promptTokens: event.usage.promptTokens,
    cachedTokens: event.usage.cachedTokens,
    completionTokens: event.usage.completionTokens,
    queueMs: Math.round(event.timings.queueMs),
    totalMs: Math.round(performance.now() - context.arrivedAt),
  };
}

async function count(
  { registry }: InferenceServiceOptions,
  request: CountTokensRequest,
  signal: AbortSignal,
): Promise<CountTokensResponse> {
  validateCountTokens(request);
  const counted = await registry.countTokens(request.model, request.prompt, signal);
  return { ...counted, maxModelLen: registry.get(request.model).maxModelLen };
}

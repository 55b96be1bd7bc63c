import { randomUUID } from "node:crypto";
import type {
  CountTokensRequest,
  CountTokensResponse,
  GenerateRequest,
  GenerateResponse,
  InferenceServiceServer,
} from "@cria/proto";
import type { LoadedModel, ModelLease, ModelRegistry } from "../models/model-registry.ts";
import type { Metrics } from "../observability/metrics.ts";
import { countTokens, encodePrompt } from "../text/prompt-encoder.ts";
import {
  deltaResponse,
  type EventOf,
  finishedResponse,
  type GenerateContext,
  startedResponse,
} from "./generate-response.ts";
import { toGenerationRequest } from "./generation-request.ts";
import { type Edge, type Send, serverStreaming, unary } from "./handler.ts";
import { keepAliveMs } from "./models.ts";
import { validateCountTokens, validateGenerate, validateStopTokens } from "./validate-request.ts";

/** What the handlers of `InferenceService` work with. */
export interface InferenceServiceOptions extends Edge {
  readonly registry: ModelRegistry;
  readonly metrics: Metrics;
}

/** The handlers of the contract's `InferenceService`. */
export function createInferenceService(options: InferenceServiceOptions): InferenceServiceServer {
  return {
    generate: serverStreaming(options, (request, send, signal) => generate(options, request, send, signal)),
    countTokens: unary(options, (request, signal) => options.gate.run(signal, (own) => count(options, request, own))),
  };
}

async function generate(
  options: InferenceServiceOptions,
  request: GenerateRequest,
  send: Send<GenerateResponse>,
  signal: AbortSignal,
): Promise<void> {
  const arrivedAt = performance.now();
  validateGenerate(request);
  const lease = await options.registry.acquire(request.model, { keepAliveMs: keepAliveMs(request.keepAlive), signal });
  try {
    const context = await prepare(request, lease, arrivedAt);
    await stream(options, lease.model, context, send, signal);
  } finally {
    lease.release();
  }
}

async function prepare(
  request: GenerateRequest,
  { model, loadTimeMs }: ModelLease,
  arrivedAt: number,
): Promise<GenerateContext> {
  const { description, tokenizer } = model;
  validateStopTokens(request.stopping?.stopTokenIds ?? [], tokenizer.vocabSize);
  const maxTokens = request.stopping?.maxTokens ?? description.maxTokens;
  const prompt = await encodePrompt(tokenizer, request.prompt, { maxModelLen: description.maxModelLen, maxTokens });
  const generation = toGenerationRequest(request, description, prompt.tokenIds);
  return {
    requestId: request.requestId || randomUUID(),
    tenant: request.tenant,
    generation,
    ignoreModelStop: request.stopping?.ignoreModelStop ?? false,
    modelRevision: description.revision,
    droppedSegments: prompt.droppedSegments,
    loadTimeMs,
    arrivedAt,
    handOverMs: performance.now() - arrivedAt,
  };
}

async function stream(
  { metrics, logger }: InferenceServiceOptions,
  { description, tokenizer, engine }: LoadedModel,
  context: GenerateContext,
  send: Send<GenerateResponse>,
  signal: AbortSignal,
): Promise<void> {
  const observer = metrics.observeRequest(description.name, context.arrivedAt);
  for await (const event of engine.generate(context.generation, signal, observer.token)) {
    switch (event.type) {
      case "started":
        observer.started(event.queueTimeMs, context.generation.promptTokenIds.length);
        await send(startedResponse(event, context));
        break;
      case "delta":
        await send(deltaResponse(event, tokenizer));
        break;
      case "finished":
        observer.finished(event.reason);
        await send(finishedResponse(event, context));
        logger.info(summary(description.name, event, context), "generated");
    }
  }
}

/** What the log tells of a reply: never its text. */
function summary(model: string, event: EventOf<"finished">, context: GenerateContext) {
  return {
    requestId: context.requestId,
    model,
    tenant: context.tenant,
    finishReason: event.reason,
    promptTokens: context.generation.promptTokenIds.length,
    completionTokens: event.completionTokens,
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
  const lease = await registry.acquire(request.model, { signal });
  try {
    const { tokenizer, description } = lease.model;
    return { ...(await countTokens(tokenizer, request.prompt)), maxModelLen: description.maxModelLen };
  } finally {
    lease.release();
  }
}

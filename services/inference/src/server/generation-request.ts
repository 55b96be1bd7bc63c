import { randomInt } from "node:crypto";
import { type Duration, durationToMs, type GenerateRequest } from "@cria/proto";
import type { GenerationRequest } from "../engine/generation.ts";
import type { SamplingParams, StoppingCriteria } from "../engine/sampling-params.ts";
import type { ModelDescription } from "../models/model-description.ts";

const SEEDS = 2 ** 32;

/** Most tokens of a reply as asked for, or as the model has it by default; the context may leave fewer. */
export function requestedMaxTokens(request: GenerateRequest, model: ModelDescription): number {
  return request.stopping?.maxTokens ?? model.maxTokens;
}

/** A valid request with every default filled in. Its reply is cut to what the prompt leaves of the context. */
export function toGenerationRequest(
  request: GenerateRequest,
  model: ModelDescription,
  promptTokenIds: readonly number[],
): GenerationRequest {
  const maxTokens = Math.min(requestedMaxTokens(request, model), model.maxModelLen - promptTokenIds.length);
  return {
    promptTokenIds,
    sampling: toSampling(request.sampling, model.sampling),
    stopping: toStopping(request.stopping, model.stop, maxTokens),
    priority: request.priority ?? 0,
    maxQueueTimeMs: optionalMs(request.maxQueueTime),
    timeBudgetMs: optionalMs(request.timeBudget),
    logprobs: request.logprobs,
  };
}

function toSampling(asked: GenerateRequest["sampling"], defaults: ModelDescription["sampling"]): SamplingParams {
  return {
    repetitionPenalty: asked?.repetitionPenalty ?? defaults.repetitionPenalty,
    frequencyPenalty: asked?.frequencyPenalty ?? defaults.frequencyPenalty,
    presencePenalty: asked?.presencePenalty ?? defaults.presencePenalty,
    temperature: asked?.temperature ?? defaults.temperature,
    topK: asked?.topK ?? defaults.topK,
    topP: asked?.topP ?? defaults.topP,
    minP: asked?.minP ?? defaults.minP,
    seed: asked?.seed ?? randomInt(SEEDS),
  };
}

function toStopping(
  asked: GenerateRequest["stopping"],
  modelStop: readonly string[],
  maxTokens: number,
): StoppingCriteria {
  const stop = [...(asked?.stop ?? []), ...(asked?.ignoreModelStop ? [] : modelStop)];
  return {
    maxTokens,
    stop: [...new Set(stop)],
    stopTokenIds: asked?.stopTokenIds ?? [],
    ignoreEos: asked?.ignoreEos ?? false,
    ignoreRepetition: asked?.ignoreRepetition ?? false,
  };
}

function optionalMs(duration: Duration | undefined): number | undefined {
  return duration && durationToMs(duration);
}

import { randomInt } from "node:crypto";
import { type Duration, durationToMs, type GenerateRequest } from "@cria/proto";
import type { SamplingParams, StoppingCriteria } from "../engine/sampling/sampling-params.ts";
import type { GenerationParameters } from "../generation/generator.ts";
import type { ModelDescription } from "../registry/model-description.ts";

const SEEDS = 2 ** 32;

/** A valid request with every default filled in. */
export function toGenerationParameters(request: GenerateRequest, model: ModelDescription): GenerationParameters {
  return {
    maxModelLen: model.maxModelLen,
    cacheSalt: request.cacheSalt,
    sampling: toSampling(request.sampling, model.sampling),
    stopping: toStopping(request.stopping, model),
    tenant: request.tenant,
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

function toStopping(asked: GenerateRequest["stopping"], model: ModelDescription): StoppingCriteria {
  const stop = [...(asked?.stop ?? []), ...(asked?.ignoreModelStop ? [] : model.stop)];
  return {
    maxTokens: asked?.maxTokens ?? model.maxTokens,
    stop: [...new Set(stop)],
    stopTokenIds: asked?.stopTokenIds ?? [],
    ignoreEos: asked?.ignoreEos ?? false,
    ignoreRepetition: asked?.ignoreRepetition ?? false,
  };
}

function optionalMs(duration: Duration | undefined): number | undefined {
  return duration && durationToMs(duration);
}

import {
  durationFromMs,
  type Finished,
  FinishReason,
  type GenerateResponse,
  type Started,
  type TokenLogprobs,
} from "@cria/proto";
import type { FinishReason as Reason } from "../engine/generation.ts";
import type { GenerationParameters, GeneratorEvent, TextLogprobs } from "../generation/generator.ts";

/** One kind of the generator's events. */
export type EventOf<Type extends GeneratorEvent["type"]> = Extract<GeneratorEvent, { readonly type: Type }>;

/** What the events of the generator do not tell. Times in milliseconds. */
export interface GenerateContext {
  readonly requestId: string;
  readonly tenant: string;
  /** The name asked for. */
  readonly model: string;
  readonly parameters: GenerationParameters;
  /** As asked for; the generator is given the strings that remain. */
  readonly ignoreModelStop: boolean;
  readonly modelRevision: string;
  readonly loadTimeMs: number;
  /** As `performance.now()` tells it. */
  readonly arrivedAt: number;
  /** From the arrival of the request to its hand-over to the generator, model load included. */
  readonly handOverMs: number;
}

const FINISH_REASONS: Readonly<Record<Reason, FinishReason>> = {
  eos: FinishReason.EOS,
  stop: FinishReason.STOP,
  maxTokens: FinishReason.MAX_TOKENS,
  contextFull: FinishReason.CONTEXT_FULL,
  timeBudget: FinishReason.TIME_BUDGET,
  repetition: FinishReason.REPETITION,
};

/** The contract's message for the generator's `started`. */
export function startedResponse(event: EventOf<"started">, context: GenerateContext): GenerateResponse {
  const { sampling, stopping } = context.parameters;
  const value: Started = {
    modelRevision: context.modelRevision,
    promptTokens: event.promptTokens,
    cachedTokens: event.cachedTokens,
    droppedSegments: event.droppedSegments,
    seed: sampling.seed,
    queueTime: durationFromMs(performance.now() - context.arrivedAt - context.loadTimeMs),
    sampling: { ...sampling },
    stopping: {
      ...stopping,
      stop: [...stopping.stop],
      stopTokenIds: [...stopping.stopTokenIds],
      ignoreModelStop: context.ignoreModelStop,
    },
  };
  return { event: { $case: "started", value } };
}

/** The contract's message for the generator's `delta`; made once a token, so it does no more than it must. */
export function deltaResponse(event: EventOf<"delta">): GenerateResponse {
  const logprobs = event.logprobs.map(tokenLogprobs);
  return { event: { $case: "delta", value: { text: event.text, tokenIds: [...event.tokenIds], logprobs } } };
}

/** The contract's message for the generator's `finished`. */
export function finishedResponse(event: EventOf<"finished">, context: GenerateContext): GenerateResponse {
  const { timings } = event;
  const value: Finished = {
    finishReason: FINISH_REASONS[event.reason],
    matchedStop: event.matchedStop,
    usage: { ...event.usage },
    timings: {
      queue: durationFromMs(timings.queueMs),
      modelLoad: durationFromMs(context.loadTimeMs),
      prefill: durationFromMs(timings.prefillMs),
      timeToFirstToken: durationFromMs(context.handOverMs + timings.timeToFirstTokenMs),
      decode: durationFromMs(timings.decodeMs),
    },
    textLength: event.textLength,
  };
  return { event: { $case: "finished", value } };
}

function tokenLogprobs({ drawn, top }: TextLogprobs): TokenLogprobs {
  return { drawn, top: [...top] };
}

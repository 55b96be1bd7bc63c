import {
  durationFromMs,
  type Finished,
  FinishReason,
  type GenerateResponse,
  type Started,
  type TokenLogprobs,
} from "@cria/proto";
import type {
  GenerationEvent,
  GenerationRequest,
  FinishReason as Reason,
  TokenLogprobs as TokenIdLogprobs,
  TokenLogprob,
} from "../engine/generation.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** One kind of the engine's events. */
export type EventOf<Type extends GenerationEvent["type"]> = Extract<GenerationEvent, { readonly type: Type }>;

/** What the events of the engine do not tell. Times in milliseconds. */
export interface GenerateContext {
  readonly requestId: string;
  readonly tenant: string;
  readonly generation: GenerationRequest;
  /** As asked for; the engine is given the strings that remain. */
  readonly ignoreModelStop: boolean;
  readonly modelRevision: string;
  readonly droppedSegments: number;
  readonly loadTimeMs: number;
  /** As `performance.now()` tells it. */
  readonly arrivedAt: number;
  /** From the arrival of the request to its hand-over to the engine, model load included. */
  readonly handOverMs: number;
}

/** There is no prefix cache yet. */
const NO_CACHED_TOKENS = 0;

const FINISH_REASONS: Readonly<Record<Reason, FinishReason>> = {
  eos: FinishReason.EOS,
  stop: FinishReason.STOP,
  maxTokens: FinishReason.MAX_TOKENS,
  contextFull: FinishReason.CONTEXT_FULL,
  timeBudget: FinishReason.TIME_BUDGET,
  repetition: FinishReason.REPETITION,
};

/** The contract's message for the engine's `started`. */
export function startedResponse(event: EventOf<"started">, context: GenerateContext): GenerateResponse {
  const { generation } = context;
  const value: Started = {
    modelRevision: context.modelRevision,
    promptTokens: generation.promptTokenIds.length,
    cachedTokens: NO_CACHED_TOKENS,
    droppedSegments: context.droppedSegments,
    seed: generation.sampling.seed,
    queueTime: durationFromMs(context.handOverMs - context.loadTimeMs + event.queueTimeMs),
    sampling: { ...generation.sampling },
    stopping: {
      ...generation.stopping,
      stop: [...generation.stopping.stop],
      stopTokenIds: [...generation.stopping.stopTokenIds],
      ignoreModelStop: context.ignoreModelStop,
    },
  };
  return { event: { $case: "started", value } };
}

/** The contract's message for the engine's `delta`; made once a token, so it does no more than it must. */
export function deltaResponse(event: EventOf<"delta">, tokenizer: Tokenizer): GenerateResponse {
  const logprobs = event.logprobs.length === 0 ? [] : event.logprobs.map((entry) => tokenLogprobs(entry, tokenizer));
  return { event: { $case: "delta", value: { text: event.text, tokenIds: [...event.tokenIds], logprobs } } };
}

/** The contract's message for the engine's `finished`. */
export function finishedResponse(event: EventOf<"finished">, context: GenerateContext): GenerateResponse {
  const { timings } = event;
  const value: Finished = {
    finishReason: FINISH_REASONS[event.reason],
    matchedStop: event.matchedStop,
    usage: {
      promptTokens: context.generation.promptTokenIds.length,
      cachedTokens: NO_CACHED_TOKENS,
      completionTokens: event.completionTokens,
    },
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

function tokenLogprobs({ drawn, top }: TokenIdLogprobs, tokenizer: Tokenizer): TokenLogprobs {
  const withText = (entry: TokenLogprob) => ({ ...entry, text: tokenizer.tokenText(entry.tokenId) });
  return { drawn: withText(drawn), top: top.map(withText) };
}

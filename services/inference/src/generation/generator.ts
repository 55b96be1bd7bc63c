import type { GenerationEvent, GenerationRequest, TokenLogprob } from "../engine/generation.ts";
import type { PromptSegment } from "../text/prompt-encoder.ts";
import type { GeneratorHealth } from "./pass-health.ts";

/** How one reply is made: everything is decided, nothing has a default. Times in milliseconds. */
export type GenerationParameters = Omit<GenerationRequest, "promptTokenIds">;

/** A token, its text for people and the natural logarithm of its probability under the unmodified logits. */
export interface TextLogprob extends TokenLogprob {
  readonly text: string;
}

export interface TextLogprobs {
  readonly drawn: TextLogprob;
  /** Likeliest first. */
  readonly top: readonly TextLogprob[];
}

export interface TokenUsage {
  /** Tokens of the prompt, after dropping. */
  readonly promptTokens: number;
  /** Of them, those that were not computed anew. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

type EngineEvent<Type extends GenerationEvent["type"]> = Extract<GenerationEvent, { readonly type: Type }>;

/** What a generation tells, in order: one started, any number of deltas, one finished. Times in milliseconds. */
export type GeneratorEvent =
  | (EngineEvent<"started"> & Omit<TokenUsage, "completionTokens"> & { readonly droppedSegments: number })
  | (Omit<EngineEvent<"delta">, "logprobs"> & {
      /** One a token if asked for, else empty. */
      readonly logprobs: readonly TextLogprobs[];
    })
  /** The time to the first token counts from the call. */
  | (Omit<EngineEvent<"finished">, "cachedTokens" | "completionTokens"> & { readonly usage: TokenUsage });

/** Tokens of each segment, and of the prompt they make. */
export interface TokenCount {
  readonly segmentTokens: number[];
  readonly totalTokens: number;
}

/** How busy a generator is; `AdminService.GetLoad` tells it. */
export interface GeneratorLoad {
  readonly running: number;
  readonly waiting: number;
  readonly waitingTokens: number;
  /** Tenants of those that wait. */
  readonly waitingTenants: number;
  readonly maxNumSeqs: number;
  readonly maxWaiting: number;
  /** 0 to 1. */
  readonly kvCacheUsage: number;
}

/** Hears of each token of a reply as it is drawn: sooner than its text is sent, and also if it never is. */
export type OnToken = () => void;

/** Makes text of text with one model, wherever that is computed. Knows neither callers nor other models. */
export interface Generator {
  /**
   * Streams one reply to the segments joined. They are read before it is started: the caller may let go of them then. Ends it
   * when the signal aborts or the caller leaves the loop.
   * @throws InferenceError QUEUE_FULL, QUEUE_TIMEOUT while waiting, PROMPT_TOO_LONG, INVALID_ARGUMENT for stop tokens that
   * the model has not, DRAINING once closed, ENGINE_FAILED when its passes do; the signal's reason when it
   * aborts
   */
  generate(
    segments: readonly PromptSegment[],
    parameters: GenerationParameters,
    signal: AbortSignal,
    onToken?: OnToken,
  ): AsyncIterable<GeneratorEvent>;
  /** Once failed it makes nothing more: it is to be closed, and another made. */
  readonly health: GeneratorHealth;
  load(): GeneratorLoad;
  /** Ends what runs and gives the memory back. */
  close(): Promise<void>;
}

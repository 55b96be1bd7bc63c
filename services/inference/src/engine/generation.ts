import type { SamplingParams, StoppingCriteria } from "./sampling/sampling-params.ts";

/** What one request asks of the engine: everything is decided, nothing has a default. Times in milliseconds. */
export interface GenerationRequest {
  readonly promptTokenIds: readonly number[];
  /** What was computed under one salt is used for requests of the same salt alone. */
  readonly cacheSalt: string;
  /** Tokens that prompt and reply share: the model's, which may be fewer than its weights allow. */
  readonly maxModelLen: number;
  readonly sampling: SamplingParams;
  readonly stopping: StoppingCriteria;
  /** Whom the share is counted for. */
  readonly tenant: string;
  /** Lower is sooner. */
  readonly priority: number;
  readonly maxQueueTimeMs: number | undefined;
  readonly timeBudgetMs: number | undefined;
  /** How many of the likeliest tokens to list beside the one drawn; undefined for no log-probabilities. */
  readonly logprobs: number | undefined;
}

export type FinishReason = "eos" | "stop" | "maxTokens" | "contextFull" | "timeBudget" | "repetition";

/** A token and the natural logarithm of its probability under the unmodified logits. */
export interface TokenLogprob {
  readonly tokenId: number;
  readonly logprob: number;
}

export interface TokenLogprobs {
  readonly drawn: TokenLogprob;
  /** Likeliest first. */
  readonly top: readonly TokenLogprob[];
}

/** What a generation tells, in order: one started, any number of deltas, one finished. Times in milliseconds. */
export type GenerationEvent =
  | {
      readonly type: "started";
      readonly queueTimeMs: number;
      /** Tokens of the prompt that were not computed anew. */
      readonly cachedTokens: number;
    }
  | {
      readonly type: "delta";
      /** Whole characters only. */
      readonly text: string;
      readonly tokenIds: readonly number[];
      /** One a token if asked for, else empty. */
      readonly logprobs: readonly TokenLogprobs[];
    }
  | {
      readonly type: "finished";
      readonly reason: FinishReason;
      /** The stop string, or the stop token's text; else empty. */
      readonly matchedStop: string;
      /** UTF-16 units of the reply without a repeated loop. */
      readonly textLength: number;
      readonly cachedTokens: number;
      readonly completionTokens: number;
      readonly timings: GenerationTimings;
    };

export interface GenerationTimings {
  readonly queueMs: number;
  readonly prefillMs: number;
  /** From the arrival at the engine. */
  readonly timeToFirstTokenMs: number;
  readonly decodeMs: number;
}

/** Turns one sequence's tokens into text, whole characters at a time; half of one at the end is dropped. The port of `text/incremental-detokenizer.ts`. */
export interface TokenDecoder {
  /** Text that became whole with this token; often empty for a token within a character. */
  push(tokenId: number): string;
}

/** What the engine knows of a model beside its runner. */
export interface EngineModel {
  /** Tokens it has. Columns of the logits beyond them are padding. */
  readonly vocabSize: number;
  readonly eosTokenIds: readonly number[];
  createDecoder(): TokenDecoder;
  /** A stop token's text, for `matchedStop`. */
  tokenText(tokenId: number): string;
  /** A control token's text, which is never sent but may be a stop string's; "" for any other token. */
  controlText(tokenId: number): string;
}

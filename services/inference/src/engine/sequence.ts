import type { EngineModel, FinishReason, GenerationRequest, GenerationTimings, TokenLogprobs } from "./generation.ts";
import { SamplingState } from "./sampling/sampling-state.ts";
import type { PlanRow } from "./step-plan.ts";

/** A drawn token. */
export interface SampledToken {
  readonly tokenId: number;
  readonly logprobs: TokenLogprobs | undefined;
}

/** What a pass did to a reply. */
export interface ReplyGrowth {
  readonly tokens: readonly SampledToken[];
  /** Why the last token, or the time, ended the reply; its text may end it sooner. */
  readonly ended: FinishReason | undefined;
}

export interface SequenceOptions {
  readonly request: GenerationRequest;
  readonly model: Pick<EngineModel, "eosTokenIds">;
  readonly maxModelLen: number;
  /** Arrival, on the scheduler's clock in milliseconds. */
  readonly now: number;
}

/**
 * One request in the engine: its tokens, how far they are computed, and when tokens end it, first of: end-of-sequence, stop
 * token, max tokens, context full, time budget.
 */
export class Sequence {
  readonly request: GenerationRequest;
  readonly arrivedAt: number;
  status: "waiting" | "prefill" | "decode" | "finished" = "waiting";
  /** Positions the row of the KV cache holds. */
  numComputedTokens = 0;
  /** Tokens of the prompt that were not computed anew. */
  numCachedTokens = 0;
  readonly #eosTokenIds: readonly number[];
  readonly #maxModelLen: number;
  readonly #tokenIds: number[];
  #sampling: SamplingState | undefined;
  #admittedAt = 0;
  #firstTokenAt: number | undefined;

  constructor({ request, model, maxModelLen, now }: SequenceOptions) {
    this.request = request;
    this.arrivedAt = now;
    this.#eosTokenIds = model.eosTokenIds;
    this.#maxModelLen = maxModelLen;
    this.#tokenIds = [...request.promptTokenIds];
  }

  /** Prompt and reply. */
  get tokenIds(): readonly number[] {
    return this.#tokenIds;
  }

  /** Made when the first token is drawn: with penalties it holds each token of the prompt, and those that wait may be many. */
  get sampling(): SamplingState {
    this.#sampling ??= new SamplingState(this.request.sampling, this.request.promptTokenIds);
    return this.#sampling;
  }

  get numPromptTokens(): number {
    return this.request.promptTokenIds.length;
  }

  get numCompletionTokens(): number {
    return this.#tokenIds.length - this.numPromptTokens;
  }

  /** Drafts that the reply has room for, beside the token that the next pass brings at any rate. */
  get numDraftRoom(): number {
    const { maxTokens } = this.request.stopping;
    return Math.min(maxTokens - this.numCompletionTokens, this.#maxModelLen - this.#tokenIds.length) - 1;
  }

  get queueTimeMs(): number {
    return elapsed(this.arrivedAt, this.#admittedAt);
  }

  /** Gets a row that holds so many of its first tokens. */
  admit(now: number, numCachedTokens: number): void {
    this.status = "prefill";
    this.numCachedTokens = numCachedTokens;
    this.numComputedTokens = numCachedTokens;
    this.#admittedAt = now;
  }

  /** Takes what a pass computed of it, and the tokens drawn then: drafts beyond those are no part of the row. */
  advance({ tokenIds, numLogits }: PlanRow, drawn: readonly SampledToken[], now: number): ReplyGrowth {
    const numRefused = drawn.length === 0 ? 0 : numLogits - drawn.length;
    if (drawn.length > 0) this.#firstTokenAt ??= now;
    const { tokens, ended } = this.#append(drawn);
    this.numComputedTokens = Math.min(this.numComputedTokens + tokenIds.length - numRefused, this.#tokenIds.length);
    return { tokens, ended: ended ?? (this.#isOutOfTime(now) ? "timeBudget" : undefined) };
  }

  timings(now: number): GenerationTimings {
    const firstTokenAt = this.#firstTokenAt ?? now;
    return {
      queueMs: this.queueTimeMs,
      prefillMs: elapsed(this.#admittedAt, firstTokenAt),
      timeToFirstTokenMs: elapsed(this.arrivedAt, firstTokenAt),
      decodeMs: elapsed(firstTokenAt, now),
    };
  }

  /** Takes tokens up to one that ends the reply. */
  #append(drawn: readonly SampledToken[]): ReplyGrowth {
    for (const [i, { tokenId }] of drawn.entries()) {
      this.#tokenIds.push(tokenId);
      const ended = this.#endedBy(tokenId);
      if (ended !== undefined) return { tokens: drawn.slice(0, i + 1), ended };
    }
    return { tokens: drawn, ended: undefined };
  }

  #endedBy(tokenId: number): FinishReason | undefined {
    const { ignoreEos, stopTokenIds, maxTokens } = this.request.stopping;
    if (!ignoreEos && this.#eosTokenIds.includes(tokenId)) return "eos";
    if (stopTokenIds.includes(tokenId)) return "stop";
    if (this.numCompletionTokens >= maxTokens) return "maxTokens";
    if (this.#tokenIds.length >= this.#maxModelLen) return "contextFull";
    return undefined;
  }

  #isOutOfTime(now: number): boolean {
    return now - this.#admittedAt >= (this.request.timeBudgetMs ?? Number.POSITIVE_INFINITY);
  }
}

/** Never less than no time, though the clock may jump back. */
function elapsed(from: number, to: number): number {
  return Math.max(0, to - from);
}

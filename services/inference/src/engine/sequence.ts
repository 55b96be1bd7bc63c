import type { EngineModel, GenerationRequest, GenerationTimings, TokenLogprobs } from "./generation.ts";
import { SamplingState } from "./sampling-state.ts";
import { type Stop, type StopCheck, StopChecker } from "./stop-checker.ts";

/** A drawn token. */
export interface SampledToken {
  readonly tokenId: number;
  readonly logprobs: TokenLogprobs | undefined;
}

/** More of a reply: as `GenerationEvent`'s delta. */
export interface ReplyDelta {
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly logprobs: readonly TokenLogprobs[];
}

/** What a token did to a reply. */
export interface ReplyStep {
  readonly delta: ReplyDelta | undefined;
  readonly stop: Stop | undefined;
}

type SentReply = Omit<StopCheck, "stop">;

export interface SequenceOptions {
  readonly request: GenerationRequest;
  readonly model: EngineModel;
  readonly maxModelLen: number;
  /** Arrival, on the scheduler's clock in milliseconds. */
  readonly now: number;
}

/** One request in the engine: its tokens, how far they are computed, what of the reply is not sent yet. */
export class Sequence {
  readonly request: GenerationRequest;
  readonly arrivedAt: number;
  readonly sampling: SamplingState;
  status: "waiting" | "prefill" | "decode" | "finished" = "waiting";
  /** Positions the row of the KV cache holds. */
  numComputedTokens = 0;
  lastTokenId = 0;
  readonly #stopChecker: StopChecker;
  #admittedAt = 0;
  #firstTokenAt: number | undefined;
  readonly #unsentTokenIds: number[] = [];
  readonly #unsentLogprobs: TokenLogprobs[] = [];

  constructor({ request, model, maxModelLen, now }: SequenceOptions) {
    const contextRoom = maxModelLen - request.promptTokenIds.length;
    this.request = request;
    this.arrivedAt = now;
    this.sampling = new SamplingState(request.sampling, request.promptTokenIds);
    this.#stopChecker = new StopChecker({ model, stopping: request.stopping, contextRoom });
  }

  get numPromptTokens(): number {
    return this.request.promptTokenIds.length;
  }

  get numCompletionTokens(): number {
    return this.#stopChecker.numTokens;
  }

  get queueTimeMs(): number {
    return this.#admittedAt - this.arrivedAt;
  }

  admit(now: number): void {
    this.status = "prefill";
    this.#admittedAt = now;
  }

  hasWaitedTooLong(now: number): boolean {
    return now - this.arrivedAt >= (this.request.maxQueueTimeMs ?? Number.POSITIVE_INFINITY);
  }

  /** Takes the next token of the reply. */
  append({ tokenId, logprobs }: SampledToken, now: number): ReplyStep {
    this.#firstTokenAt ??= now;
    this.lastTokenId = tokenId;
    this.sampling.count(tokenId);
    this.#unsentTokenIds.push(tokenId);
    if (logprobs !== undefined) this.#unsentLogprobs.push(logprobs);
    const { stop, ...sent } = this.#stopChecker.push(tokenId);
    const isOutOfTime = stop === undefined && this.#isOutOfTime(now);
    return isOutOfTime ? this.#endOutOfTime(sent) : { delta: this.#takeDelta(sent), stop };
  }

  /** Ends the reply if its time is over, before its first token too. */
  endIfOutOfTime(now: number): ReplyStep | undefined {
    return this.#isOutOfTime(now) ? this.#endOutOfTime({ text: "", numTokens: 0 }) : undefined;
  }

  timings(now: number): GenerationTimings {
    const firstTokenAt = this.#firstTokenAt ?? now;
    return {
      queueMs: this.queueTimeMs,
      prefillMs: firstTokenAt - this.#admittedAt,
      timeToFirstTokenMs: firstTokenAt - this.arrivedAt,
      decodeMs: now - firstTokenAt,
    };
  }

  #isOutOfTime(now: number): boolean {
    return now - this.#admittedAt >= (this.request.timeBudgetMs ?? Number.POSITIVE_INFINITY);
  }

  #endOutOfTime(before: SentReply): ReplyStep {
    const { text, numTokens, stop } = this.#stopChecker.end("timeBudget");
    const sent = { text: before.text + text, numTokens: before.numTokens + numTokens };
    return { delta: this.#takeDelta(sent), stop };
  }

  /** Tokens wait for their text to show; those that only ended the reply are never sent. */
  #takeDelta({ text, numTokens }: SentReply): ReplyDelta | undefined {
    if (text === "" && numTokens === 0) return undefined;
    const tokenIds = this.#unsentTokenIds.splice(0, numTokens);
    return { text, tokenIds, logprobs: this.#unsentLogprobs.splice(0, numTokens) };
  }
}

import type { EngineModel, FinishReason, TokenDecoder } from "./generation.ts";
import type { StoppingCriteria } from "./sampling-params.ts";
import { RepetitionGuard } from "./stopping/repetition-guard.ts";
import { StopStrings } from "./stopping/stop-strings.ts";

/** Why and where a reply ended. */
export interface Stop {
  readonly reason: FinishReason;
  readonly matchedStop: string;
  /** UTF-16 units of the reply to keep. */
  readonly textLength: number;
}

/** What a token adds to the reply. */
export interface StopCheck {
  /** Whole characters that no stop string can claim any more. */
  readonly text: string;
  /** How many of the tokens not told of yet belong to the text sent so far. */
  readonly numTokens: number;
  readonly stop: Stop | undefined;
}

export interface StopCheckerOptions {
  readonly model: EngineModel;
  readonly stopping: StoppingCriteria;
  /** Tokens of reply the context window has room for. */
  readonly contextRoom: number;
}

/**
 * Decides after each token whether a reply ends, and what of it may be sent. First of: end-of-sequence, stop token, stop
 * string, repetition, max tokens, context full.
 */
export class StopChecker {
  readonly #model: EngineModel;
  readonly #stopping: StoppingCriteria;
  readonly #contextRoom: number;
  readonly #decoder: TokenDecoder;
  readonly #stopStrings: StopStrings;
  readonly #guard: RepetitionGuard | undefined;
  /** Where the text of each token begins that is not told of yet, in UTF-16 units of the reply. */
  readonly #begins: number[] = [];
  #numTokens = 0;
  #decodedLength = 0;
  #textLength = 0;

  constructor({ model, stopping, contextRoom }: StopCheckerOptions) {
    this.#model = model;
    this.#stopping = stopping;
    this.#contextRoom = contextRoom;
    this.#decoder = model.createDecoder();
    this.#stopStrings = new StopStrings(stopping.stop);
    this.#guard = stopping.ignoreRepetition ? undefined : new RepetitionGuard();
  }

  /** Tokens of the reply so far. */
  get numTokens(): number {
    return this.#numTokens;
  }

  /** Reads the next token. No call follows a stop. */
  push(tokenId: number): StopCheck {
    this.#numTokens++;
    if (this.#model.eosTokenIds.includes(tokenId) && !this.#stopping.ignoreEos) return this.end("eos");
    if (this.#stopping.stopTokenIds.includes(tokenId)) return this.end("stop", this.#model.tokenText(tokenId));
    this.#begins.push(this.#decodedLength);
    return this.#read(this.#decoder.push(tokenId));
  }

  /** Ends the reply here; sends what was held back, tokens without text too. */
  end(reason: FinishReason, matchedStop = "", text = ""): StopCheck {
    const check = this.#stopped(text + this.#stopStrings.release(), reason, matchedStop);
    return { ...check, numTokens: check.numTokens + this.#begins.splice(0).length };
  }

  #read(decoded: string): StopCheck {
    this.#decodedLength += decoded.length;
    const { text, matched } = this.#stopStrings.push(decoded);
    if (matched !== undefined) return this.#stopped(text, "stop", matched);
    const keptLength = this.#guard?.push(decoded);
    if (keptLength !== undefined) return cutTo(keptLength, this.end("repetition", "", text));
    const limit = this.#limit();
    if (limit !== undefined) return this.end(limit, "", text);
    return { ...this.#send(text), stop: undefined };
  }

  #limit(): FinishReason | undefined {
    if (this.#numTokens >= this.#stopping.maxTokens) return "maxTokens";
    if (this.#numTokens >= this.#contextRoom) return "contextFull";
    return undefined;
  }

  #stopped(text: string, reason: FinishReason, matchedStop: string): StopCheck {
    const sent = this.#send(text);
    return { ...sent, stop: { reason, matchedStop, textLength: this.#textLength } };
  }

  #send(text: string): Omit<StopCheck, "stop"> {
    this.#textLength += text.length;
    let numTokens = 0;
    while (numTokens < this.#begins.length && this.#begins[numTokens]! < this.#textLength) numTokens++;
    this.#begins.splice(0, numTokens);
    return { text, numTokens };
  }
}

function cutTo(textLength: number, { stop, ...sent }: StopCheck): StopCheck {
  return { ...sent, stop: stop && { ...stop, textLength } };
}

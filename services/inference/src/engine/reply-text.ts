import type { EngineModel, FinishReason, TokenDecoder, TokenLogprobs } from "./generation.ts";
import type { StoppingCriteria } from "./sampling/sampling-params.ts";
import type { ReplyGrowth, SampledToken } from "./sequence.ts";
import { RepetitionGuard } from "./stopping/repetition-guard.ts";
import { StopStrings } from "./stopping/stop-strings.ts";

/** More of a reply: as `GenerationEvent`'s delta. */
export interface ReplyDelta {
  /** Whole characters that no stop string can claim any more. */
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly logprobs: readonly TokenLogprobs[];
}

/** Why and where a reply ended. */
export interface Stop {
  readonly reason: FinishReason;
  readonly matchedStop: string;
  /** UTF-16 units of the reply to keep. */
  readonly textLength: number;
}

/** What tokens added to a reply's text. */
export interface ReplyStep {
  readonly delta: ReplyDelta | undefined;
  readonly stop: Stop | undefined;
}

/** What one token's text did. */
interface TextFound {
  readonly text: string;
  readonly matchedStop?: string | undefined;
  /** Set once the reply runs in a loop: its length without it. */
  readonly keptLength?: number | undefined;
}

interface UnsentToken extends SampledToken {
  /** Where its text begins, in UTF-16 units of the reply. */
  readonly begin: number;
}

/**
 * The text of one reply, made of its tokens: what of it may be sent, and when it ends the reply, before its last token does
 * by their count: at a stop string or in a loop. Knows nothing of passes; what it throws concerns this reply alone.
 */
export class ReplyText {
  readonly #model: EngineModel;
  readonly #decoder: TokenDecoder;
  readonly #stopStrings: StopStrings;
  readonly #guard: RepetitionGuard | undefined;
  readonly #unsent: UnsentToken[] = [];
  #numTokens = 0;
  #decodedLength = 0;
  #textLength = 0;

  constructor(model: EngineModel, stopping: StoppingCriteria) {
    this.#model = model;
    this.#decoder = model.createDecoder();
    this.#stopStrings = new StopStrings(stopping.stop);
    this.#guard = stopping.ignoreRepetition ? undefined : new RepetitionGuard();
  }

  /** Tokens of the reply so far: those after a stop are none. */
  get numTokens(): number {
    return this.#numTokens;
  }

  /** Reads the next tokens. No call follows a stop. */
  read({ tokens, ended }: ReplyGrowth): ReplyStep {
    const isMute = ended === "eos" || ended === "stop";
    let sendable = "";
    for (const token of isMute ? tokens.slice(0, -1) : tokens) {
      const { text, matchedStop, keptLength } = this.#push(token);
      sendable += text;
      if (matchedStop !== undefined) return this.#stop(this.#send(sendable), "stop", matchedStop);
      if (keptLength !== undefined) return cutTo(keptLength, this.#end(sendable, "repetition"));
    }
    if (ended === undefined) return { delta: this.#send(sendable), stop: undefined };
    if (isMute) this.#numTokens++;
    return this.#end(sendable, ended, ended === "stop" ? this.#model.tokenText(tokens.at(-1)!.tokenId) : "");
  }

  #push(token: SampledToken): TextFound {
    this.#numTokens++;
    this.#unsent.push({ ...token, begin: this.#decodedLength });
    const decoded = this.#decoder.push(token.tokenId);
    this.#decodedLength += decoded.length;
    const control = this.#model.controlText(token.tokenId);
    const { text, matched } = control ? this.#stopStrings.pushHidden(control) : this.#stopStrings.push(decoded);
    return { text, matchedStop: matched, keptLength: matched === undefined ? this.#guard?.push(decoded) : undefined };
  }

  /** Sends what was held back, tokens without text too. */
  #end(text: string, reason: FinishReason, matchedStop = ""): ReplyStep {
    const sent = text + this.#stopStrings.release();
    this.#textLength += sent.length;
    return this.#stop(this.#takeDelta(sent, this.#unsent.length), reason, matchedStop);
  }

  #stop(delta: ReplyDelta | undefined, reason: FinishReason, matchedStop: string): ReplyStep {
    return { delta, stop: { reason, matchedStop, textLength: this.#textLength } };
  }

  /** Tokens wait for their text to show; those that only ended the reply are never sent. */
  #send(text: string): ReplyDelta | undefined {
    this.#textLength += text.length;
    const numShown = this.#unsent.findIndex(({ begin }) => begin >= this.#textLength);
    return this.#takeDelta(text, numShown === -1 ? this.#unsent.length : numShown);
  }

  #takeDelta(text: string, numTokens: number): ReplyDelta | undefined {
    if (text === "" && numTokens === 0) return undefined;
    const tokens = this.#unsent.splice(0, numTokens);
    const logprobs = tokens.map((token) => token.logprobs).filter((of) => of !== undefined);
    return { text, tokenIds: tokens.map(({ tokenId }) => tokenId), logprobs };
  }
}

function cutTo(textLength: number, { delta, stop }: ReplyStep): ReplyStep {
  return { delta, stop: stop && { ...stop, textLength } };
}

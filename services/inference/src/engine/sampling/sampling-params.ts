/** How tokens are drawn, every field filled in; applied in this order. Ranges: the contract's `SamplingParams`. */
export interface SamplingParams {
  readonly repetitionPenalty: number;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
}

/** When a reply ends, every field filled in. */
export interface StoppingCriteria {
  readonly maxTokens: number;
  /** The model's own included. */
  readonly stop: readonly string[];
  /** The model's end-of-sequence tokens are not among them. */
  readonly stopTokenIds: readonly number[];
  readonly ignoreEos: boolean;
  readonly ignoreRepetition: boolean;
}

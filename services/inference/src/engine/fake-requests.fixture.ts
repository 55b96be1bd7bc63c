import type { EngineModel, GenerationRequest } from "./generation.ts";
import type { SamplingParams, StoppingCriteria } from "./sampling/sampling-params.ts";

/** What a test says of a request; the rest is greedy, unlimited and stops at end-of-sequence. */
export interface FakeRequestOptions extends Partial<Omit<GenerationRequest, "sampling" | "stopping">> {
  readonly sampling?: Partial<SamplingParams>;
  readonly stopping?: Partial<StoppingCriteria>;
}

/** A whole request for tests: prompt [1, 2, 3], at most 16 tokens. */
export function fakeRequest({ sampling, stopping, ...options }: FakeRequestOptions = {}): GenerationRequest {
  return {
    promptTokenIds: [1, 2, 3],
    cacheSalt: "",
    maxModelLen: Number.POSITIVE_INFINITY,
    sampling: { ...GREEDY, ...sampling },
    stopping: { ...UNLIMITED, ...stopping },
    tenant: "",
    priority: 0,
    maxQueueTimeMs: undefined,
    timeBudgetMs: undefined,
    logprobs: undefined,
    ...options,
  };
}

const GREEDY: SamplingParams = {
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  seed: 0,
};

const UNLIMITED: StoppingCriteria = {
  maxTokens: 16,
  stop: [],
  stopTokenIds: [],
  ignoreEos: false,
  ignoreRepetition: false,
};

/** End-of-sequence of `characterModel`. */
export const EOS = 0;

/** A model whose tokens are UTF-16 units: token 97 is "a". Token 0 ends a reply. */
export const characterModel: EngineModel = {
  vocabSize: 2 ** 16,
  eosTokenIds: [EOS],
  createDecoder: () => ({ push: (tokenId) => (tokenId === EOS ? "" : String.fromCharCode(tokenId)) }),
  tokenText: (tokenId) => String.fromCharCode(tokenId),
  controlText: () => "",
};

/** The tokens of a text for `characterModel`. */
export function tokensOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

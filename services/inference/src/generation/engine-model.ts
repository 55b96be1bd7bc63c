import type { EngineModel } from "../engine/generation.ts";
import { createIncrementalDetokenizer } from "../text/incremental-detokenizer.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** What the engine knows of a model, by its tokenizer. */
export function engineModel(tokenizer: Tokenizer): EngineModel {
  return {
    vocabSize: tokenizer.vocabSize,
    eosTokenIds: tokenizer.eosTokenIds,
    createDecoder: () => createIncrementalDetokenizer(tokenizer),
    tokenText: (tokenId) => tokenizer.tokenText(tokenId),
    controlText: (tokenId) => (tokenizer.tokenBytes(tokenId).length === 0 ? tokenizer.tokenText(tokenId) : ""),
  };
}

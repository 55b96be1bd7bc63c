import type { ModelDescription } from "./model-description.ts";

/** A whole description for tests, of a model that is not loaded. */
export function describedModel(fields: Partial<ModelDescription> = {}): ModelDescription {
  return {
    name: "fake",
    description: "A fake model",
    base: undefined,
    state: "available",
    error: undefined,
    promptFormat: { type: "completion" },
    chatTemplate: "",
    system: "",
    stop: [],
    sampling: {
      repetitionPenalty: 1,
      frequencyPenalty: 0,
      presencePenalty: 0,
      temperature: 0,
      topK: 0,
      topP: 1,
      minP: 0,
    },
    maxTokens: 16,
    maxModelLen: 64,
    bosToken: "<s>",
    eosToken: "</s>",
    licence: "Apache-2.0",
    device: "",
    memoryBytes: 0,
    maxNumSeqs: 0,
    weightBytes: 1000,
    revision: "0123456789ab",
    isDefault: true,
    ...fields,
  };
}

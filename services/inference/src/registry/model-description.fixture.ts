import { fakeRequest } from "../engine/fake-requests.fixture.ts";
import type { ModelDescription } from "./model-description.ts";

const { seed: _, ...GREEDY } = fakeRequest().sampling;

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
    sampling: GREEDY,
    maxTokens: 16,
    hasOwnMaxTokens: true,
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

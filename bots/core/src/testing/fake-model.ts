import { Model, ModelState, type PromptFormat } from "@cria/proto";

/** A loaded default model of format `completion`, with the given fields instead. */
export function fakeModel(fields: Partial<Model> = {}): Model {
  return Model.fromPartial({
    name: "fake",
    description: "A model for tests",
    state: ModelState.LOADED,
    maxTokens: 256,
    maxModelLen: 2_048,
    device: "cpu",
    licence: "Apache-2.0",
    isDefault: true,
    promptFormat: { format: { $case: "completion", value: {} } } satisfies PromptFormat,
    ...fields,
  });
}

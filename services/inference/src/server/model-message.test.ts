import { Model, ModelState } from "@cria/proto";
import { describe, expect, it } from "vitest";
import { describedModel } from "../registry/model-description.fixture.ts";
import type { ModelDescription } from "../registry/model-description.ts";
import { modelMessage } from "./model-message.ts";

/** As a client reads it. */
function sent(fields: Partial<ModelDescription> = {}): Model {
  return Model.decode(Model.encode(modelMessage(describedModel(fields))).finish());
}

describe("modelMessage", () => {
  it("tells all of a model", () => {
    expect(sent({ stop: ["\n\n"], system: "Be brief." })).toMatchObject({
      name: "fake",
      base: "",
      state: ModelState.AVAILABLE,
      system: "Be brief.",
      stop: ["\n\n"],
      sampling: { repetitionPenalty: 1, temperature: 0, topP: 1 },
      maxTokens: 16,
      hasOwnMaxTokens: true,
      maxModelLen: 64,
      weightBytes: 1000,
      isDefault: true,
    });
  });

  it.each([
    ["available", ModelState.AVAILABLE],
    ["loading", ModelState.LOADING],
    ["loaded", ModelState.LOADED],
    ["broken", ModelState.BROKEN],
  ] as const)("tells the state %s", (state, expected) => {
    expect(sent({ state }).state).toBe(expected);
  });

  it.each([
    [
      { type: "alpaca", responseSuffix: "\n" },
      { $case: "alpaca", value: { responseSuffix: "\n" } },
    ],
    [
      { type: "few-shot", instruction: "Talk.", examples: [{ human: "a", ai: "b" }], humanTitle: "H", aiTitle: "A" },
      {
        $case: "fewShot",
        value: { instruction: "Talk.", examples: [{ human: "a", ai: "b" }], humanTitle: "H", aiTitle: "A" },
      },
    ],
    [{ type: "chat-template" }, { $case: "chatTemplate", value: { template: "{{ messages }}" } }],
    [{ type: "completion" }, { $case: "completion", value: {} }],
  ] as const)("tells the prompt format %j", (promptFormat, format) => {
    const fields = { promptFormat: promptFormat as ModelDescription["promptFormat"], chatTemplate: "{{ messages }}" };
    expect(sent(fields).promptFormat).toEqual({ format });
  });
});

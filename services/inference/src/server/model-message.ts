import { type Model, ModelState, type PromptFormat } from "@cria/proto";
import type { ModelDescription, ModelState as State } from "../registry/model-description.ts";

const STATES: Readonly<Record<State, ModelState>> = {
  available: ModelState.AVAILABLE,
  loading: ModelState.LOADING,
  loaded: ModelState.LOADED,
  broken: ModelState.BROKEN,
};

/** The contract's message for a model. */
export function modelMessage(description: ModelDescription): Model {
  const { promptFormat: _, chatTemplate: __, ...same } = description;
  return {
    ...same,
    base: description.base ?? "",
    state: STATES[description.state],
    error: description.error ?? "",
    promptFormat: { format: promptFormat(description) },
    stop: [...description.stop],
    sampling: { ...description.sampling },
  };
}

function promptFormat({ promptFormat, chatTemplate }: ModelDescription): NonNullable<PromptFormat["format"]> {
  switch (promptFormat.type) {
    case "alpaca":
      return { $case: "alpaca", value: { responseSuffix: promptFormat.responseSuffix } };
    case "few-shot":
      return { $case: "fewShot", value: promptFormat };
    case "chat-template":
      return { $case: "chatTemplate", value: { template: chatTemplate } };
    case "completion":
      return { $case: "completion", value: {} };
  }
}

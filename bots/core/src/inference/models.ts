import { type Model, ModelState } from "@cria/proto";
import { BotError } from "../port/bot-error.ts";
import { nearMatches } from "../text/near-matches.ts";
import { sentence } from "../text/sentences.ts";
import { shorten } from "../text/shorten.ts";
import { MODEL_STATE_WORDS } from "./model-states.ts";

/** Most models that an error names; `/model` lists all. */
const MAX_NAMED = 5;

/** Some 750 words, a long answer in a chat; the rest can be had by Continue. */
export const DEFAULT_MAX_TOKENS = 1_024;

/** What people are told of the service's states. */
export const MODEL_STATES: Readonly<Record<ModelState, string>> = {
  [ModelState.UNSPECIFIED]: "state unknown",
  [ModelState.AVAILABLE]: MODEL_STATE_WORDS.available,
  [ModelState.LOADING]: MODEL_STATE_WORDS.loading,
  [ModelState.LOADED]: MODEL_STATE_WORDS.loaded,
  [ModelState.BROKEN]: MODEL_STATE_WORDS.broken,
};

/** The model that answers somewhere. */
export interface ModelInUse {
  readonly model: Model;
  /** What people are to know where it is another than the one that was set. */
  readonly note: string | undefined;
}

/**
 * The model of a conversation: the one that was set, else the service's default, and that one too where the other is gone or
 * broken: not everyone may set another. Throws a `BotError` where there is no model at all.
 */
export function modelInUse(models: readonly Model[], name: string | undefined): ModelInUse {
  const chosen = models.find((model) => model.name === name);
  if (chosen && chosen.state !== ModelState.BROKEN) return { model: chosen, note: undefined };
  const model = models.find(({ isDefault }) => isDefault) ?? models[0];
  if (!model) throw new BotError("NO_MODEL");
  if (name === undefined || name === model.name) return { model, note: undefined };
  return { model, note: `The model ${name} ${chosen ? "cannot be used" : "is gone"}; ${model.name} answers.` };
}

/** The model if it is not broken. Throws a `BotError` with what is wrong with it. */
export function checkUsable(model: Model): Model {
  if (model.state !== ModelState.BROKEN) return model;
  throw new BotError("MODEL_BROKEN", `The model ${model.name} cannot be used: ${sentence(model.error)}`);
}

/** The model of that name, not broken. Throws a `BotError` with what is wrong with it, or the nearest names. */
export function usableModel(models: readonly Model[], name: string): Model {
  const model = models.find((candidate) => candidate.name === name);
  if (model) return checkUsable(model);
  const names = usableNames(models);
  const near = nearMatches(name, names);
  const known = (near.length > 0 ? near : names).slice(0, MAX_NAMED);
  const others = known.length === 0 ? "" : `; there ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`;
  throw new BotError("MODEL_NOT_FOUND", `There is no model "${shorten(name, 64)}"${others}.`);
}

/** Longest reply in tokens: as the model's folder says, else the fallback. */
export function maxTokensOf({ maxTokens, hasOwnMaxTokens }: Model, fallback: number): number {
  return hasOwnMaxTokens ? maxTokens : fallback;
}

/** Name of the model that owns the weights: the one whose queue a variant's requests stand in. */
export function weightsOwner(models: readonly Model[], model: Model): string {
  let owner = model;
  for (let depth = 0; depth < models.length && owner.base !== ""; depth++) {
    owner = models.find(({ name }) => name === owner.base) ?? { ...owner, base: "" };
  }
  return owner.name;
}

function usableNames(models: readonly Model[]): readonly string[] {
  return models.filter(({ state }) => state !== ModelState.BROKEN).map(({ name }) => name);
}

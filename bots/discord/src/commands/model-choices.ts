import { MODEL_STATES, nearMatches, shorten } from "@cria/bot-core";
import type { Model } from "@cria/proto";
import type { ApplicationCommandOptionChoiceData } from "discord.js";

/** Discord refuses the 26th. */
const MAX_CHOICES = 25;
/** Of a choice's name and of its value. */
const MAX_LENGTH = 100;

/** Models to choose from for what was typed so far, with state and description: at most 25, the likest first. */
export function modelChoices(models: readonly Model[], typed: string): ApplicationCommandOptionChoiceData<string>[] {
  const usable = models.filter(({ name }) => name.length <= MAX_LENGTH);
  return matching(usable, typed.trim().toLowerCase())
    .slice(0, MAX_CHOICES)
    .map((model) => ({ name: describe(model), value: model.name }));
}

function matching(models: readonly Model[], typed: string): readonly Model[] {
  const beginning = models.filter(({ name }) => name.startsWith(typed));
  const holding = models.filter(({ name }) => !name.startsWith(typed) && name.includes(typed));
  if (beginning.length + holding.length > 0) return [...beginning, ...holding];
  const near = nearMatches(
    typed,
    models.map(({ name }) => name),
  );
  return models.filter(({ name }) => near.includes(name));
}

function describe({ name, state, description, isDefault }: Model): string {
  const facts = [isDefault ? "default" : "", MODEL_STATES[state], description].filter((fact) => fact !== "");
  return shorten(facts.length === 0 ? name : `${name} · ${facts.join(" · ")}`, MAX_LENGTH);
}

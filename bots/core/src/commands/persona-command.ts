import { settingsKey } from "../conversation/conversation-key.ts";
import { resolveSettings } from "../conversation/settings.ts";
import { modelInUse } from "../inference/models.ts";
import type { SettingsScope } from "../port/command.ts";
import { personaOf, unknownFields } from "../prompt/persona.ts";
import { inlineCode, quote } from "../text/markdown.ts";
import { type CommandContext, scopeWords } from "./command-context.ts";

/** The persona in use, and whose it is. */
export async function showPersona(scope: SettingsScope | undefined, context: CommandContext): Promise<string> {
  const { stores, inference, place, persona: fallback, words } = context;
  const { system, model: name } = await resolveSettings(stores.settings, place, scope);
  if (system !== undefined) return `The persona ${scopeWords(scope, words)}:\n\n${quote(system)}`;
  const { model } = modelInUse(await inference.listModels(), name);
  if (model.system !== "") return `${model.name} brings its own:\n\n${quote(model.system)}`;
  const persona = personaOf(model, { system, fallback });
  return persona === ""
    ? `No persona is set. \`${words.commandPrefix}system You are …\` sets one.`
    : `${model.name} has none of its own, so this one holds:\n\n${quote(persona)}`;
}

/** Sets the persona, or takes it back; says which fields of it stay as they are. */
export async function setPersona(
  text: string,
  scope: SettingsScope | undefined,
  { stores, place, words }: CommandContext,
): Promise<string> {
  const isDefault = text.toLowerCase() === "default";
  await stores.settings.update(settingsKey(place, scope), { system: isDefault ? undefined : text });
  if (isDefault) return "Back to the model's own persona.";
  const where = scope === undefined ? "" : ` ${scopeWords(scope, words)}`;
  const unknown = unknownFields(text).map(inlineCode).join(", ");
  const fields =
    unknown === ""
      ? ""
      : ` I fill in \`{date}\`, \`{user}\`, \`{channel}\` and \`{workspace}\`; ${unknown} stays as it is.`;
  return `The persona is set${where}. \`${words.commandPrefix}system default\` takes it back.${fields}`;
}

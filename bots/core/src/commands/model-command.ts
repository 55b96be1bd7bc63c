import { type Model, ModelState } from "@cria/proto";
import { settingsKey } from "../conversation/conversation-key.ts";
import { resolveSettings } from "../conversation/settings.ts";
import { MODEL_STATES, modelInUse, usableModel } from "../inference/models.ts";
import type { SettingsScope } from "../port/command.ts";
import { type CommandContext, scopeWords } from "./command-context.ts";

/** The models with their states, the one in use marked. */
export async function listModels(
  scope: SettingsScope | undefined,
  { stores, inference, place, words }: CommandContext,
): Promise<string> {
  const [models, settings] = await Promise.all([
    inference.listModels(),
    resolveSettings(stores.settings, place, scope),
  ]);
  const { model: current, note } = modelInUse(models, settings.model);
  const lines = models.map((model) => modelLine(model, model === current ? scopeWords(scope, words) : undefined));
  const about = note === undefined ? "" : `${note} `;
  return `${lines.join("\n")}\n\n${about}\`${words.commandPrefix}model name\` answers here with another one.`;
}

/** `usedIn` is where it is in use, if it is. */
function modelLine({ name, description, state, error }: Model, usedIn: string | undefined): string {
  const facts = [...(usedIn ? [`in use ${usedIn}`] : []), MODEL_STATES[state]].join(", ");
  const about = state === ModelState.BROKEN ? error : description;
  return `- **${name}** (${facts})${about === "" ? "" : `: ${about}`}`;
}

/** Checked before it is stored, so a conversation never has a model that does not exist. */
export async function setModel(
  name: string,
  scope: SettingsScope | undefined,
  { stores, inference, place, words }: CommandContext,
): Promise<string> {
  const models = await inference.listModels();
  const key = settingsKey(place, scope);
  if (name === "default" && !models.some((model) => model.name === name)) {
    await stores.settings.update(key, { model: undefined });
    const settings = await resolveSettings(stores.settings, place, scope);
    return `Back to **${modelInUse(models, settings.model).model.name}**.`;
  }
  const model = usableModel(models, name);
  await stores.settings.update(key, { model: name });
  const wait = model.state === ModelState.LOADED ? "" : " It loads with the next message.";
  return `**${name}** answers ${scopeWords(scope, words)} from now on.${wait}`;
}

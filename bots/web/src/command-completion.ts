import { type CommandCompletion, commandCompletions, SETTING_VALUES } from "@cria/bot-core";
import { MODEL_STATE_WORDS } from "@cria/bot-core/model-states";
import type { Completion, ModelChoice } from "./wire.ts";
import { WEB_WORDS } from "./words.ts";

/** What the models are, and which of them answers. */
export interface ModelSources {
  models(): Promise<readonly ModelChoice[]>;
  modelInUse(): Promise<string | undefined>;
}

/** What may stand in the composer for a text that begins with `/`: commands, then the values of the one chosen. */
export async function completeCommand(text: string, sources: ModelSources): Promise<readonly Completion[]> {
  const [, name, argument] = /^\/(\S*)(?: +(.*))?$/.exec(text) ?? [];
  if (name === undefined) return [];
  if (argument === undefined) return completeName(name.toLowerCase());
  const command = commandCompletions.find((candidate) => candidate.name === name.toLowerCase());
  return await completeArgument(command, argument.split(/ +/), sources);
}

function completeName(typed: string): readonly Completion[] {
  return commandCompletions
    .filter(({ name }) => name.startsWith(typed))
    .map(({ name, argument, description }) => ({
      text: argument === undefined ? `/${name}` : `/${name} `,
      label: argument === undefined ? `/${name}` : `/${name} [${argument.placeholder}]`,
      description,
    }));
}

async function completeArgument(
  command: CommandCompletion | undefined,
  words: readonly string[],
  sources: ModelSources,
): Promise<readonly Completion[]> {
  const { values = "text", count = 1 } = command?.argument ?? {};
  if (command === undefined || values === "text" || words.length > count) return [];
  const typed = words.at(-1)!.toLowerCase();
  const chosen = words.slice(0, -1);
  const before = [`/${command.name}`, ...chosen].join(" ");
  const complete = (value: string) => `${before} ${value}${count > 1 ? " " : ""}`;
  if (values === "models") {
    const [models, inUse] = await Promise.all([sources.models(), sources.modelInUse()]);
    return models
      .filter(({ name }) => name.includes(typed) && !chosen.includes(name))
      .map((choice) => ({
        ...modelCompletion(choice, complete(choice.name)),
        ...(choice.name === inUse && { isInUse: true }),
      }));
  }
  const listed = values === "settings" ? [WEB_WORDS.settings, SETTING_VALUES][chosen.length]! : values;
  return listed
    .filter((value) => value.startsWith(typed))
    .map((value) => ({ text: complete(value), label: value, description: command.description }));
}

function modelCompletion({ name, description, state, error }: ModelChoice, text: string): Completion {
  const completion = { text, label: name, description: `${MODEL_STATE_WORDS[state]} · ${description}` };
  return state === "broken" ? { ...completion, disabledReason: `broken · ${error ?? description}` } : completion;
}

import { type CommandCompletion, commandCompletions } from "@cria/bot-core";
import type { Completion, ModelChoice } from "./wire.ts";

const STATE_WORDS = { available: "loads on first use", loading: "loading", loaded: "ready", broken: "broken" } as const;

/** What may stand in the composer for a text that begins with `/`: commands, then the values of the one chosen. */
export async function completeCommand(
  text: string,
  models: () => Promise<readonly ModelChoice[]>,
): Promise<readonly Completion[]> {
  const [, name, argument] = /^\/(\S*)(?:[ ]+(\S*))?$/.exec(text) ?? [];
  if (name === undefined) return [];
  if (argument === undefined) return completeName(name.toLowerCase());
  const command = commandCompletions.find((candidate) => candidate.name === name.toLowerCase());
  return await completeArgument(command, argument.toLowerCase(), models);
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
  typed: string,
  models: () => Promise<readonly ModelChoice[]>,
): Promise<readonly Completion[]> {
  const values = command?.argument?.values ?? "text";
  if (values === "text") return [];
  if (values !== "models")
    return values
      .filter((value) => value.startsWith(typed))
      .map((value) => ({ text: `/${command!.name} ${value}`, label: value, description: command!.description }));
  const choices = await models();
  return choices.filter(({ name }) => name.includes(typed)).map(modelCompletion);
}

function modelCompletion({ name, description, state, error }: ModelChoice): Completion {
  const completion = { text: `/model ${name}`, label: name, description: `${STATE_WORDS[state]} · ${description}` };
  return state === "broken" ? { ...completion, disabledReason: `broken · ${error ?? description}` } : completion;
}

import { MAX_PERSONA_LENGTH } from "../conversation/settings.ts";
import { MAX_WINDOW } from "../conversation/window.ts";
import type { Command, CommandError, ContextMode, SettingsScope, SettingValue } from "../port/command.ts";
import type { PlatformWords } from "../port/words.ts";
import { inlineCode } from "../text/markdown.ts";
import { nearMatches } from "../text/near-matches.ts";
import { shorten } from "../text/shorten.ts";
import { commandCompletions } from "./command-completions.ts";

const COMPARISON = "smollm2-135m smollm2-135m-few-shot Who are you?";
/** What a switch can be set to. */
export const SETTING_VALUES: readonly SettingValue[] = ["on", "off", "default"];
const MODES: readonly (ContextMode | "default")[] = ["off", "turns", "merged", "default"];

/** A command from its words, the same on every platform: `/model smollm2-135m`, or without the slash. What is wrong with it is said in `words`. */
export function parseCommand(text: string, words: PlatformWords): Command | CommandError {
  const [, word = "", rest = ""] = /^\s*\/?\s*(\S*)\s*(.*?)\s*$/s.exec(text) ?? [];
  const name = word.toLowerCase();
  switch (name) {
    case "model":
      return parseModel(rest, words);
    case "system":
      return parseSystem(rest);
    case "context":
      return parseContext(rest, words);
    case "setting":
      return parseSetting(rest, words);
    case "compare":
      return parseCompare(rest, words);
    case "feedback":
      return parseFeedback(rest.toLowerCase(), words);
    case "reset":
    case "status":
    case "help":
      return rest === "" ? { type: name } : failure(`\`${words.commandPrefix}${name}\` takes nothing after it.`);
    case "stop":
      return failure(`No command is needed to stop. ${words.howToStop}`);
    default:
      return unknownCommand(name, words);
  }
}

/** The rest without a leading `--channel` or `--workspace`, and what that said. */
function takeScope(text: string): { readonly rest: string; readonly scope?: SettingsScope } {
  const [, scope, rest = ""] = /^--(channel|workspace)(?:\s+(.*))?$/is.exec(text) ?? [];
  return scope === undefined ? { rest: text } : { rest, scope: scope.toLowerCase() as SettingsScope };
}

function parseModel(text: string, { commandPrefix }: PlatformWords): Command | CommandError {
  const { rest, ...scope } = takeScope(text);
  if (rest === "") return { type: "model", ...scope };
  if (/\s/.test(rest))
    return failure(`\`${commandPrefix}model\` takes one name, as in \`${commandPrefix}model smollm2-135m\`.`);
  return { type: "model", name: rest.toLowerCase(), ...scope };
}

function parseSystem(text: string): Command | CommandError {
  const { rest, ...scope } = takeScope(text);
  if (rest === "") return { type: "system", ...scope };
  if (rest.length <= MAX_PERSONA_LENGTH) return { type: "system", text: rest, ...scope };
  return failure(`A persona may have ${MAX_PERSONA_LENGTH} characters; this one has ${rest.length}. Shorten it.`);
}

/** Mode and window in either order, each at most once. */
function parseContext(text: string, words: PlatformWords): Command | CommandError {
  const { rest, ...scope } = takeScope(text);
  const values = rest.toLowerCase().split(/\s+/).filter(Boolean);
  const mode = MODES.find((candidate) => values.includes(candidate));
  const windows = values.filter((word) => /^\d+$/.test(word));
  const others = values.filter((word) => word !== mode && !windows.includes(word));
  if (others.length > 0 || windows.length > 1) return contextFailure(others[0], words);
  const window = windows.length === 1 ? Number(windows[0]) : undefined;
  if (window !== undefined && (window < 1 || window > MAX_WINDOW))
    return failure(
      `The window cannot be ${window} rounds; it must be 1 to ${MAX_WINDOW}. \`${words.commandPrefix}context off\` puts none into a prompt.`,
    );
  return { type: "context", ...(mode && { mode }), ...(window !== undefined && { window }), ...scope };
}

function parseSetting(text: string, { commandPrefix, settings }: PlatformWords): Command | CommandError {
  const { rest, ...scope } = takeScope(text.toLowerCase());
  if (rest === "") return { type: "setting", ...scope };
  const [word = "", state = "", ...others] = rest.split(/\s+/);
  const name = settings.find((candidate) => candidate === word);
  if (name === undefined) {
    const error = `There is no setting ${inlineCode(shorten(word, 32))}; there ${settings.length === 1 ? "is" : "are"} ${settings.map(inlineCode).join(", ")}.`;
    return failure(error, nearMatches(word, settings));
  }
  if (state === "") return { type: "setting", name, ...scope };
  const value = SETTING_VALUES.find((candidate) => candidate === state);
  if (value !== undefined && others.length === 0) return { type: "setting", name, value, ...scope };
  return failure(
    `\`${commandPrefix}setting ${name}\` takes \`on\`, \`off\` or \`default\`.`,
    nearMatches(state, SETTING_VALUES),
  );
}

function parseCompare(rest: string, { commandPrefix }: PlatformWords): Command | CommandError {
  const [, first = "", second = "", text = ""] = /^(\S+)\s+(\S+)\s+(.+)$/s.exec(rest) ?? [];
  const models = [first.toLowerCase(), second.toLowerCase()] as const;
  if (text === "")
    return failure(
      `\`${commandPrefix}compare\` takes two models and a question, as in \`${commandPrefix}compare ${COMPARISON}\``,
    );
  if (models[0] !== models[1]) return { type: "compare", models, text };
  return failure(
    `\`${commandPrefix}compare\` takes two models, and both are ${inlineCode(models[0])}. Name another for one of them; \`${commandPrefix}model\` lists all.`,
  );
}

function parseFeedback(rest: string, { commandPrefix }: PlatformWords): Command | CommandError {
  if (rest === "") return { type: "feedback" };
  if (rest === "on" || rest === "off") return { type: "feedback", isOn: rest === "on" };
  return failure(`\`${commandPrefix}feedback\` takes \`on\` or \`off\`.`, nearMatches(rest, ["on", "off"]));
}

function contextFailure(word: string | undefined, { commandPrefix }: PlatformWords): CommandError {
  const error = `\`${commandPrefix}context\` takes \`off\`, \`turns\`, \`merged\` or \`default\`, and a number of rounds, as in \`${commandPrefix}context turns 6\`.`;
  return failure(error, nearMatches(word ?? "", MODES));
}

function unknownCommand(name: string, { commandPrefix }: PlatformWords): CommandError {
  const help = `See \`${commandPrefix}help\`.`;
  const near = nearMatches(
    name,
    commandCompletions.map((completion) => completion.name),
  );
  const hint =
    near.length > 0 ? `Did you mean ${near.map((match) => `\`${commandPrefix}${match}\``).join(" or ")}?` : help;
  const shown = shorten(name.replaceAll("`", ""), 32);
  return failure(
    shown === "" ? `Which command? ${help}` : `There is no command \`${commandPrefix}${shown}\`. ${hint}`,
    near,
  );
}

function failure(error: string, nearMatches: readonly string[] = []): CommandError {
  return { error, nearMatches };
}

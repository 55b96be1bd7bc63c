import { MAX_WINDOW } from "../conversation/window.ts";
import type { Command, ContextMode, SettingsScope } from "../port/command.ts";
import { inlineCode } from "../text/markdown.ts";
import { nearMatches } from "../text/near-matches.ts";
import { commandCompletions } from "./command-completions.ts";
import { HOW_TO_STOP } from "./command-spelling.ts";

/** Most UTF-16 code units of a persona. */
export const MAX_PERSONA_LENGTH = 8_000;

/** Why a text is no command: a sentence for people, and the commands or values like what was written. */
export interface CommandError {
  readonly error: string;
  readonly nearMatches: readonly string[];
}

const COMPARISON = "/compare smollm2-135m smollm2-135m-few-shot Who are you?";
const MODES: readonly ContextMode[] = ["off", "turns", "merged"];

/** A command from its words, the same on every platform: `/model smollm2-135m`, or without the slash. */
export function parseCommand(text: string): Command | CommandError {
  const [, word = "", rest = ""] = /^\s*\/?\s*(\S*)\s*(.*?)\s*$/s.exec(text) ?? [];
  const name = word.toLowerCase();
  switch (name) {
    case "model":
      return parseModel(rest);
    case "system":
      return parseSystem(rest);
    case "context":
      return parseContext(rest);
    case "compare":
      return parseCompare(rest);
    case "feedback":
      return parseFeedback(rest.toLowerCase());
    case "reset":
    case "status":
    case "help":
      return rest === "" ? { type: name } : failure(`\`/${name}\` takes nothing after it.`);
    case "stop":
      return failure(`No command is needed to stop. ${HOW_TO_STOP}`);
    default:
      return unknownCommand(name);
  }
}

/** The rest without a leading `--channel` or `--workspace`, and what that said. */
function takeScope(text: string): { readonly rest: string; readonly scope?: SettingsScope } {
  const [, scope, rest = ""] = /^--(channel|workspace)(?:\s+(.*))?$/is.exec(text) ?? [];
  return scope === undefined ? { rest: text } : { rest, scope: scope.toLowerCase() as SettingsScope };
}

function parseModel(text: string): Command | CommandError {
  const { rest, ...scope } = takeScope(text);
  if (rest === "") return { type: "model", ...scope };
  if (/\s/.test(rest)) return failure("`/model` takes one name, as in `/model smollm2-135m`.");
  return { type: "model", name: rest.toLowerCase(), ...scope };
}

function parseSystem(text: string): Command | CommandError {
  const { rest, ...scope } = takeScope(text);
  if (rest === "") return { type: "system", ...scope };
  if (rest.length <= MAX_PERSONA_LENGTH) return { type: "system", text: rest, ...scope };
  return failure(`A persona may have ${MAX_PERSONA_LENGTH} characters; this one has ${rest.length}. Shorten it.`);
}

/** Mode and window in either order, each at most once. */
function parseContext(text: string): Command | CommandError {
  const { rest, ...scope } = takeScope(text);
  const words = rest.toLowerCase().split(/\s+/).filter(Boolean);
  const mode = MODES.find((candidate) => words.includes(candidate));
  const windows = words.filter((word) => /^\d+$/.test(word));
  const others = words.filter((word) => word !== mode && !windows.includes(word));
  if (others.length > 0 || windows.length > 1) return contextFailure(others[0]);
  const window = windows.length === 1 ? Number(windows[0]) : undefined;
  if (window !== undefined && (window < 1 || window > MAX_WINDOW))
    return failure(
      `The window is ${window} rounds; it must be 1 to ${MAX_WINDOW}. \`/context off\` puts none into a prompt.`,
    );
  return { type: "context", ...(mode && { mode }), ...(window !== undefined && { window }), ...scope };
}

function parseCompare(rest: string): Command | CommandError {
  const [, first = "", second = "", text = ""] = /^(\S+)\s+(\S+)\s+(.+)$/s.exec(rest) ?? [];
  const models = [first.toLowerCase(), second.toLowerCase()] as const;
  if (text === "") return failure(`\`/compare\` takes two models and a question, as in \`${COMPARISON}\``);
  if (models[0] !== models[1]) return { type: "compare", models, text };
  return failure(
    `\`/compare\` takes two models, and both are ${inlineCode(models[0])}. Name another for one of them; \`/model\` lists all.`,
  );
}

function parseFeedback(rest: string): Command | CommandError {
  if (rest === "") return { type: "feedback" };
  if (rest === "on" || rest === "off") return { type: "feedback", isOn: rest === "on" };
  return failure("`/feedback` takes `on` or `off`.", nearMatches(rest, ["on", "off"]));
}

function contextFailure(word: string | undefined): CommandError {
  const error = "`/context` takes `off`, `turns` or `merged`, and a number of rounds, as in `/context turns 6`.";
  return failure(error, nearMatches(word ?? "", MODES));
}

function unknownCommand(name: string): CommandError {
  const near = nearMatches(
    name,
    commandCompletions.map((completion) => completion.name),
  );
  const hint = near.length > 0 ? `Did you mean ${near.map((match) => `\`/${match}\``).join(" or ")}?` : "See `/help`.";
  const shown = name.replaceAll("`", "").slice(0, 32);
  return failure(shown === "" ? "Which command? See `/help`." : `There is no command \`/${shown}\`. ${hint}`, near);
}

function failure(error: string, nearMatches: readonly string[] = []): CommandError {
  return { error, nearMatches };
}

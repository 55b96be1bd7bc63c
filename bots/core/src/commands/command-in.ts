import type { Command, CommandError } from "../port/command.ts";
import type { PlatformWords } from "../port/words.ts";
import { nearMatches } from "../text/near-matches.ts";
import { commandCompletions } from "./command-completions.ts";
import { parseCommand } from "./parse-command.ts";
import { isSlashCommand } from "./spoken-commands.ts";

const NAMES: ReadonlySet<string> = new Set(commandCompletions.map(({ name }) => name));

/** What telling a command from a sentence takes. */
export interface CommandInOptions {
  /** Names of the models, where the message begins like a command; `mayBeCommand` tells. */
  readonly models: readonly string[];
  readonly words: PlatformWords;
}

/**
 * The command that a message is, or what is wrong with one that begins with a slash; undefined for a message that is none.
 * Words without a slash are a command only where they can be nothing else: people write sentences that begin like one.
 */
export function commandIn(text: string, { models, words }: CommandInOptions): Command | CommandError | undefined {
  if (isSlashCommand(text)) return parseCommand(text, words);
  const spelled = text.replace(/^system:/i, "system ");
  if (!mayBeCommand(spelled)) return undefined;
  const command = parseCommand(spelled, words);
  if ("error" in command) return undefined;
  return spelled !== text || isCertain(command, models) ? command : undefined;
}

/** Whether the words begin like a command, so that the models' names are worth a look. */
export function mayBeCommand(text: string): boolean {
  const [first = ""] = text.replace(/^system:/i, "system ").split(/\s+/);
  return NAMES.has(first.toLowerCase());
}

function isCertain(command: Command, models: readonly string[]): boolean {
  if (command.type === "system")
    return command.text === undefined || command.text.toLowerCase() === "default" || command.scope !== undefined;
  const isLikeOne = (name: string) => models.includes(name) || nearMatches(name, models).length > 0;
  if (command.type === "model") {
    const { name = "default", scope } = command;
    return name === "default" || scope !== undefined || isLikeOne(name);
  }
  if (command.type !== "compare") return true;
  return command.models.some((name) => models.includes(name)) && command.models.every(isLikeOne);
}

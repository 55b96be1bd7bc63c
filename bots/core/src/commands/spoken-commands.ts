import { nearMatches } from "../text/near-matches.ts";
import { commandCompletions } from "./command-completions.ts";

// Used in the browser too: little is imported here.

const NAMES = commandCompletions.map(({ name }) => name);

/**
 * Whether a text is a command, as "/help", or is meant for one that does not exist: by itself, or where its name is like one's.
 * A question may begin with a path, as "/etc/hosts looks wrong" or "/tmp is full".
 */
export function isSlashCommand(text: string): boolean {
  const [, name, rest = ""] = /^\/(\w*)(?!\S)(.*)$/s.exec(text) ?? [];
  if (name === undefined) return false;
  return rest.trim() === "" || name === "stop" || nearMatches(name, NAMES).length > 0;
}

/** Whether a text asks that what is being written be stopped. */
export function isStopWord(text: string): boolean {
  return /^\/?stop[.!]?$/i.test(text.trim());
}

import { commandCompletions } from "./command-completions.ts";

const NAMES = commandCompletions.map(({ name }) => name).join("|");
/** Not in a path, and not in a line that quotes someone. */
const COMMAND = new RegExp(`(?<![\\w/.:]|/cria )/(${NAMES})(?![\\w/])`, "g");

/** What goes before the name of a command where it is not the slash alone. */
const PREFIXES: Readonly<Record<string, string>> = { slack: "/cria " };

/** The bot's own sentences with commands as people write them on a platform: `/model` is `/cria model` on Slack. */
export function spellCommands(text: string, platform: string): string {
  const prefix = PREFIXES[platform];
  if (prefix === undefined) return text;
  const spell = (line: string) => (line.startsWith(">") ? line : line.replace(COMMAND, `${prefix}$1`));
  return text.split("\n").map(spell).join("\n");
}

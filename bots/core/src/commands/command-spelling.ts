import { commandCompletions } from "./command-completions.ts";

const NAMES = commandCompletions.map(({ name }) => name).join("|");
/** Not in a path, and not in a line that quotes someone. */
const COMMAND = new RegExp(`(?<![\\w/.:]|/cria )/(${NAMES})(?![\\w/])`, "g");

/** What goes before the name of a command where it is not the slash alone. */
const PREFIXES: Readonly<Record<string, string>> = { slack: "/cria " };

/** How a reply is stopped, for help and for those who look for a command. */
export const HOW_TO_STOP = "The Stop button of a reply stops it.";
/** Where there are other ways as well. */
const STOPS: Readonly<Record<string, string>> = {
  slack: "The word `stop` in the thread of a reply stops it, and so does the Stop button beside the message field.",
};

/** The bot's own sentences as people do things on a platform: `/model` is `/cria model` on Slack, and a word stops a reply there. */
export function spellCommands(text: string, platform: string): string {
  const prefix = PREFIXES[platform];
  if (prefix === undefined) return text;
  const stop = STOPS[platform] ?? HOW_TO_STOP;
  const spell = (line: string) =>
    line.startsWith(">") ? line : line.replace(COMMAND, `${prefix}$1`).replace(HOW_TO_STOP, stop);
  return text.split("\n").map(spell).join("\n");
}

import type { Command } from "../port/command.ts";
import type { IncomingCommand } from "../port/incoming-command.ts";
import { workspaceWord } from "../port/workspace-word.ts";
import { type AccessPolicy, isAdmin } from "./access.ts";

type CommandAsked = Pick<IncomingCommand, "place" | "author" | "command">;

/** Why this person may not run this command, in one sentence; undefined where they may. Looking is for everyone. */
export function commandRefusal(policy: AccessPolicy, asked: CommandAsked): string | undefined {
  const { place, author, command } = asked;
  if (!changesSomething(command) || isAdmin(policy, author)) return undefined;
  if (command.type === "feedback") return "Only admins may switch feedback on or off.";
  if ("scope" in command && command.scope === "workspace")
    return `Only admins may change the settings of a ${workspaceWord(place)}.`;
  return policy.adminCommands.includes(command.type)
    ? `Only admins may use \`/${command.type}\` to change something here.`
    : undefined;
}

function changesSomething(command: Command): boolean {
  switch (command.type) {
    case "model":
      return command.name !== undefined;
    case "system":
      return command.text !== undefined;
    case "context":
      return command.mode !== undefined || command.window !== undefined;
    case "feedback":
      return command.isOn !== undefined;
    case "reset":
    case "compare":
      return true;
    case "status":
    case "help":
      return false;
  }
}

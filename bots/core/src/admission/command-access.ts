import type { BotCore } from "../port/bot.ts";
import type { Command } from "../port/command.ts";
import type { IncomingCommand } from "../port/incoming-command.ts";
import { type Access, accessRefusal, isAdmin } from "./access.ts";

/** The commands that can change something, which admins may keep for themselves. */
export const CHANGING_COMMANDS = ["model", "system", "context", "setting", "compare", "reset", "feedback"] as const;

type CommandAsked = Pick<IncomingCommand, "author" | "command">;

/** Why this person may not run this command, in one sentence; undefined where they may. Looking is for everyone. */
export function commandRefusal({ access, words }: Access, { author, command }: CommandAsked): string | undefined {
  if (!changesSomething(command) || isAdmin(access, author)) return undefined;
  if (command.type === "feedback") return "Only admins may switch feedback on or off.";
  if ("scope" in command && command.scope === "workspace")
    return `Only admins may change the settings of a ${words.workspace}.`;
  return access.adminCommands.includes(command.type)
    ? `Only admins may use \`${words.commandPrefix}${command.type}\` to change something here.`
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
    case "setting":
      return command.value !== undefined;
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

type Asked = Parameters<BotCore["refusal"]>[0];

/** Why this person may not talk to the bot here, or may not run this command, in one sentence; undefined where they may. */
export function refusal(access: Access, { place, author, command }: Asked): string | undefined {
  return accessRefusal(access, place, author) ?? (command && commandRefusal(access, { author, command }));
}

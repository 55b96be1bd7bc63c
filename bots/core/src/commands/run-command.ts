import { conversationKey } from "../conversation/conversation-key.ts";
import type { Command } from "../port/command.ts";
import type { PlatformWords } from "../port/words.ts";
import { inlineCode } from "../text/markdown.ts";
import { commandCompletions } from "./command-completions.ts";
import type { CommandContext } from "./command-context.ts";
import { listModels, setModel } from "./model-command.ts";
import { setPersona, showPersona } from "./persona-command.ts";
import { setContext, setFeedback, setSetting } from "./settings-commands.ts";
import { statusReport } from "./status-report.ts";

/** A command with one text for an answer. */
export type TextCommand = Exclude<Command, { readonly type: "compare" }>;

/** Runs a command; the answer is short Markdown. Throws a `BotError` where it cannot be run. */
export async function runCommand(command: TextCommand, context: CommandContext): Promise<string> {
  switch (command.type) {
    case "model":
      return command.name === undefined
        ? await listModels(command.scope, context)
        : await setModel(command.name, command.scope, context);
    case "reset":
      return await reset(context);
    case "system":
      return command.text === undefined
        ? await showPersona(command.scope, context)
        : await setPersona(command.text, command.scope, context);
    case "context":
      return await setContext(command, context);
    case "setting":
      return await setSetting(command, context);
    case "feedback":
      return await setFeedback(command.isOn, context);
    case "status":
      return await statusReport(context);
    case "help":
      return help(context.words);
  }
}

/** Of a channel, its threads are forgotten with it. */
async function reset({ stores, place }: CommandContext): Promise<string> {
  const rounds = await stores.rounds.reset(conversationKey(place));
  if (rounds === 0) return "There was nothing to forget.";
  return `Forgot ${rounds === 1 ? "one round" : `${rounds} rounds`}. Model and persona stay.`;
}

function help({ commandPrefix, howToStop }: PlatformWords): string {
  const lines = commandCompletions.map(({ name, argument, description }) => {
    const usage = argument ? `${name} [${argument.placeholder}]` : name;
    return `- ${inlineCode(commandPrefix + usage)}: ${description}`;
  });
  return `Write to me and I answer. Commands:\n\n${lines.join("\n")}\n\n${howToStop}`;
}

import { type Model, ModelState } from "@cria/proto";
import { conversationKey, settingsKey, workspaceKey } from "../conversation/conversation-key.ts";
import { resolveSettings } from "../conversation/settings.ts";
import type { Stores } from "../conversation/stores.ts";
import type { InferenceClient } from "../inference/inference-client.ts";
import { chooseModel, findModel, MODEL_STATES } from "../inference/models.ts";
import type { Command, SettingsScope } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import type { ConversationSettings } from "../port/settings.ts";
import type { PlatformWords } from "../port/words.ts";
import type { FeedbackStore } from "../records/feedback.ts";
import { inlineCode, quote } from "../text/markdown.ts";
import { commandCompletions } from "./command-completions.ts";
import { statusReport } from "./status-report.ts";

/** What commands work on. */
export interface CommandContext {
  readonly stores: Stores;
  readonly inference: InferenceClient;
  /** Rounds kept where nobody set another number. */
  readonly window: number;
  /** Undefined where ratings cannot be kept. */
  readonly feedback: FeedbackStore | undefined;
  readonly words: PlatformWords;
  readonly place: Place;
}

/** A command with one text for an answer. */
export type TextCommand = Exclude<Command, { readonly type: "compare" }>;

/** Runs a command; the answer is short Markdown. Throws a `BotError` whose message is the answer then. */
export async function runCommand(command: TextCommand, context: CommandContext): Promise<string> {
  switch (command.type) {
    case "model":
      return command.name === undefined
        ? await listModels(context)
        : await setModel(command.name, command.scope, context);
    case "reset":
      return await reset(context);
    case "system":
      return command.text === undefined
        ? await showPersona(context)
        : await setPersona(command.text, command.scope, context);
    case "context":
      return await setContext(command, context);
    case "feedback":
      return await setFeedback(command.isOn, context);
    case "status":
      return await statusReport(context);
    case "help":
      return help(context.words);
  }
}

/** Where what was set holds, as people say it. */
function scopeWords(scope: SettingsScope | undefined, words: PlatformWords): string {
  if (scope === undefined) return "here";
  return `in this ${scope === "workspace" ? words.workspace : scope}`;
}

async function listModels({ stores, inference, place, words }: CommandContext): Promise<string> {
  const [models, settings] = await Promise.all([inference.listModels(), resolveSettings(stores.settings, place)]);
  if (models.length === 0) return chooseModel(models, undefined).name;
  const current = settings.model ?? models.find(({ isDefault }) => isDefault)?.name;
  const lines = models.map((model) => modelLine(model, model.name === current));
  return `${lines.join("\n")}\n\n\`${words.commandPrefix}model name\` answers here with another one.`;
}

function modelLine({ name, description, state, error }: Model, isCurrent: boolean): string {
  const facts = [...(isCurrent ? ["in use here"] : []), MODEL_STATES[state]].join(", ");
  const about = state === ModelState.BROKEN ? error : description;
  return `- **${name}** (${facts})${about === "" ? "" : `: ${about}`}`;
}

/** Checked before it is stored, so a conversation never has a model that does not exist. */
async function setModel(name: string, scope: SettingsScope | undefined, context: CommandContext): Promise<string> {
  const { stores, inference, place, words } = context;
  const models = await inference.listModels();
  const key = settingsKey(place, scope);
  if (name === "default" && !models.some((model) => model.name === name)) {
    await stores.settings.update(key, { model: undefined });
    const settings = await resolveSettings(stores.settings, place);
    return `Back to **${chooseModel(models, settings.model).name}**.`;
  }
  findModel(models, name);
  const model = chooseModel(models, name);
  await stores.settings.update(key, { model: name });
  const wait = model.state === ModelState.LOADED ? "" : " It loads with the next message.";
  return `**${name}** answers ${scopeWords(scope, words)} from now on.${wait}`;
}

async function reset({ stores, place }: CommandContext): Promise<string> {
  const rounds = await stores.rounds.reset(conversationKey(place));
  if (rounds === 0) return "There was nothing to forget.";
  return `Forgot ${rounds === 1 ? "one round" : `${rounds} rounds`}. Model and persona stay.`;
}

async function showPersona({ stores, inference, place, words }: CommandContext): Promise<string> {
  const settings = await resolveSettings(stores.settings, place);
  if (settings.system !== undefined) return `The persona here:\n\n${quote(settings.system)}`;
  const { name, system } = chooseModel(await inference.listModels(), settings.model);
  return system === ""
    ? `No persona is set. \`${words.commandPrefix}system You are …\` sets one.`
    : `${name} brings its own:\n\n${quote(system)}`;
}

async function setPersona(text: string, scope: SettingsScope | undefined, context: CommandContext): Promise<string> {
  const { stores, place, words } = context;
  const isDefault = text.toLowerCase() === "default";
  const key = settingsKey(place, scope);
  await stores.settings.update(key, { system: isDefault ? undefined : text });
  const where = scope === undefined ? "" : ` ${scopeWords(scope, words)}`;
  return isDefault
    ? "Back to the model's own persona."
    : `The persona is set${where}. \`${words.commandPrefix}system default\` takes it back.`;
}

async function setContext(command: Command & { type: "context" }, context: CommandContext): Promise<string> {
  const { stores, place } = context;
  const { mode, window, scope } = command;
  const patch: ConversationSettings = {
    ...(mode !== undefined && { contextMode: mode }),
    ...(window !== undefined && { window }),
  };
  if (Object.keys(patch).length > 0) await stores.settings.update(settingsKey(place, scope), patch);
  return describeContext({ window: context.window, ...(await resolveSettings(stores.settings, place)) });
}

async function setFeedback(isOn: boolean | undefined, { stores, feedback, place }: CommandContext): Promise<string> {
  if (!feedback)
    return "Ratings cannot be kept: I remember in my own process only. Whoever runs me can give me a Redis.";
  if (isOn !== undefined) await stores.settings.update(workspaceKey(place), { feedback: isOn });
  const isWanted = isOn ?? (await stores.settings.get(workspaceKey(place))).feedback ?? false;
  return isWanted
    ? "Feedback is on: 👍 and 👎 are kept with question and reply, for training."
    : "Feedback is off: no ratings are asked for or kept.";
}

function describeContext({ contextMode = "turns", window }: ConversationSettings & { window: number }): string {
  if (contextMode === "off") return "Each message stands for itself (`off`).";
  const how = contextMode === "merged" ? "in one instruction, where the model's format has instructions" : "as turns";
  return `The last ${window} to ${2 * window - 1} rounds go into a prompt, ${how} (${inlineCode(contextMode)}).`;
}

function help({ commandPrefix, howToStop }: PlatformWords): string {
  const lines = commandCompletions.map(({ name, argument, description }) => {
    const usage = argument ? `${name} [${argument.placeholder}]` : name;
    return `- ${inlineCode(commandPrefix + usage)}: ${description}`;
  });
  return `Write to me and I answer. Commands:\n\n${lines.join("\n")}\n\n${howToStop}`;
}

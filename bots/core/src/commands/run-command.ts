import { type Model, ModelState } from "@cria/proto";
import type { Logger } from "pino";
import { BotError } from "../bot-error.ts";
import { conversationKey } from "../conversation-key.ts";
import type { ConversationSettings, ConversationStore } from "../conversation-store.ts";
import type { InferenceClient } from "../inference-client.ts";
import { chooseModel, findModel } from "../models.ts";
import type { Place } from "../platform.ts";
import { resolveSettings } from "../settings.ts";
import type { Command } from "./command.ts";
import { commandCompletions } from "./command-completions.ts";
import { inlineCode, quote } from "./markdown.ts";
import { statusReport } from "./status-report.ts";

/** What commands work on. */
export interface CommandContext {
  readonly store: ConversationStore;
  readonly inference: InferenceClient;
  readonly logger: Logger;
  /** Rounds kept where nobody set another number. */
  readonly window: number;
  readonly place: Place;
}

/** Runs a command; the answer is short Markdown. Never rejects: a failure is the answer. */
export async function runCommand(command: Command, context: CommandContext): Promise<string> {
  try {
    return await answerCommand(command, context);
  } catch (error) {
    if (error instanceof BotError) return error.message;
    context.logger.error({ err: error, command: command.type }, "a command failed");
    return "Something went wrong on my side; the log says what. Try again.";
  }
}

async function answerCommand(command: Command, context: CommandContext): Promise<string> {
  switch (command.type) {
    case "model":
      return command.name === undefined ? await listModels(context) : await setModel(command.name, context);
    case "reset":
      return await reset(context);
    case "system":
      return command.text === undefined ? await showPersona(context) : await setPersona(command.text, context);
    case "context":
      return await setContext(command, context);
    case "status":
      return await statusReport(context);
    case "help":
      return help();
  }
}

async function listModels({ store, inference, place }: CommandContext): Promise<string> {
  const [models, settings] = await Promise.all([inference.listModels(), resolveSettings(store, place)]);
  if (models.length === 0) return chooseModel(models, undefined).name;
  const current = settings.model ?? models.find(({ isDefault }) => isDefault)?.name;
  const lines = models.map((model) => modelLine(model, model.name === current));
  return `${lines.join("\n")}\n\n\`/model name\` answers here with another one.`;
}

const STATES: Readonly<Record<ModelState, string>> = {
  [ModelState.UNSPECIFIED]: "state unknown",
  [ModelState.AVAILABLE]: "loads on first use",
  [ModelState.LOADING]: "loading",
  [ModelState.LOADED]: "loaded",
  [ModelState.BROKEN]: "broken",
};

function modelLine({ name, description, state, error }: Model, isCurrent: boolean): string {
  const facts = [...(isCurrent ? ["in use here"] : []), STATES[state]].join(", ");
  return `- **${name}** (${facts}): ${state === ModelState.BROKEN ? error : description}`;
}

/** Checked before it is stored, so a conversation never has a model that does not exist. */
async function setModel(name: string, { store, inference, place }: CommandContext): Promise<string> {
  const models = await inference.listModels();
  if (name === "default" && !models.some((model) => model.name === name)) {
    await store.updateSettings(conversationKey(place), { model: undefined });
    const settings = await resolveSettings(store, place);
    return `Back to **${chooseModel(models, settings.model).name}**.`;
  }
  findModel(models, name);
  const model = chooseModel(models, name);
  await store.updateSettings(conversationKey(place), { model: name });
  const wait = model.state === ModelState.LOADED ? "" : " It loads with the next message.";
  return `**${name}** answers here from now on.${wait}`;
}

async function reset({ store, place }: CommandContext): Promise<string> {
  const rounds = await store.reset(conversationKey(place));
  if (rounds === 0) return "There was nothing to forget.";
  return `Forgot ${rounds === 1 ? "one round" : `${rounds} rounds`}. Model and persona stay.`;
}

async function showPersona({ store, inference, place }: CommandContext): Promise<string> {
  const settings = await resolveSettings(store, place);
  if (settings.system !== undefined) return `The persona here:\n\n${quote(settings.system)}`;
  const { name, system } = chooseModel(await inference.listModels(), settings.model);
  return system === ""
    ? "No persona is set. `/system You are …` sets one."
    : `${name} brings its own:\n\n${quote(system)}`;
}

async function setPersona(text: string, { store, place }: CommandContext): Promise<string> {
  const isDefault = text.toLowerCase() === "default";
  await store.updateSettings(conversationKey(place), { system: isDefault ? undefined : text });
  return isDefault ? "Back to the model's own persona." : "The persona is set. `/system default` takes it back.";
}

async function setContext(command: Command & { type: "context" }, context: CommandContext): Promise<string> {
  const { store, place } = context;
  const { mode, window } = command;
  const patch: ConversationSettings = {
    ...(mode !== undefined && { contextMode: mode }),
    ...(window !== undefined && { window }),
  };
  if (Object.keys(patch).length > 0) await store.updateSettings(conversationKey(place), patch);
  return describeContext({ window: context.window, ...(await resolveSettings(store, place)) });
}

function describeContext({ contextMode = "turns", window }: ConversationSettings & { window: number }): string {
  if (contextMode === "off") return "Each message stands for itself (`off`).";
  const how = contextMode === "merged" ? "in one instruction, where the model's format has instructions" : "as turns";
  return `The last ${window} to ${2 * window - 1} rounds go into a prompt, ${how} (${inlineCode(contextMode)}).`;
}

function help(): string {
  const lines = commandCompletions.map(({ name, argument, description }) => {
    const usage = argument ? `/${name} [${argument.placeholder}]` : `/${name}`;
    return `- ${inlineCode(usage)}: ${description}`;
  });
  return `Write to me and I answer. Commands:\n\n${lines.join("\n")}`;
}

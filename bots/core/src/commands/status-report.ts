import { type Model, ModelState } from "@cria/proto";
import { conversationKey } from "../conversation/conversation-key.ts";
import { resolveSettings } from "../conversation/settings.ts";
import { MODEL_STATES, modelInUse, weightsOwner } from "../inference/models.ts";
import { BotError, tell } from "../port/bot-error.ts";
import type { PlatformWords } from "../port/words.ts";
import type { CommandContext } from "./command-context.ts";

/** Model, memory and service in a few lines. What cannot be reached is one of the lines, not a failure. */
export async function statusReport(context: CommandContext): Promise<string> {
  const [memory, service] = await Promise.all([memoryStatus(context), serviceStatus(context)]);
  return [...service, ...memory].map((line) => `- ${line}`).join("\n");
}

async function memoryStatus({
  stores,
  place,
  words,
  window: defaultWindow,
}: CommandContext): Promise<readonly string[]> {
  try {
    const settings = await resolveSettings(stores.settings, place);
    const length = await stores.rounds.count(conversationKey(place));
    const { window = defaultWindow, contextMode = "turns" } = settings;
    return [
      `Memory: ${length} of up to ${2 * window - 1} rounds (window ${window}, context ${contextMode}), kept in ${stores.kind}`,
      `Persona: ${settings.system === undefined ? "the model's own" : "set here"}`,
    ];
  } catch (error) {
    return [`Memory: ${sentenceOf(error, words)}`];
  }
}

async function serviceStatus({ stores, inference, place, words }: CommandContext): Promise<readonly string[]> {
  try {
    const settings = await resolveSettings(stores.settings, place).catch(() => undefined);
    const models = await inference.listModels();
    // Which model is set here only memory knows.
    if (!settings) return ["Model: not known while my memory is away", "Service: serving"];
    const { model, note } = modelInUse(models, settings.model);
    const ahead = await inference.queueLength(weightsOwner(models, model)).catch(() => undefined);
    const about = note === undefined ? "" : `. ${note}`;
    return [modelStatus(model) + about, `Service: serving, ${queueStatus(ahead)}`];
  } catch (error) {
    return [`Service: ${sentenceOf(error, words)}`];
  }
}

function modelStatus({ name, state, device, maxModelLen }: Model): string {
  const place = state === ModelState.LOADED && device !== "" ? ` on ${device}` : "";
  return `Model: **${name}**, ${MODEL_STATES[state]}${place}, context of ${maxModelLen} tokens`;
}

function queueStatus(ahead: number | undefined): string {
  if (ahead === undefined) return "how many wait is not known just now";
  return ahead === 0 ? "nothing waits" : `${ahead} ${ahead === 1 ? "request" : "requests"} ahead of a new one`;
}

function sentenceOf(error: unknown, words: PlatformWords): string {
  if (error instanceof BotError) return tell(error, words);
  throw error;
}

import {
  type BotCore,
  type ConversationStore,
  conversationKey,
  type InferenceClient,
  type Place,
  parseCommand,
  resolveSettings,
} from "@cria/bot-core";
import { type Model, ModelState } from "@cria/proto";
import type { Bot } from "./bot.ts";
import { completeCommand } from "./command-completion.ts";
import type { ChannelHead, ModelChoice } from "./wire.ts";

export interface CoreBotOptions {
  readonly core: BotCore;
  readonly store: ConversationStore;
  readonly inference: InferenceClient;
}

/** The bot of bots/core, with the questions that only a page asks. */
export function createCoreBot({ core, store, inference }: CoreBotOptions): Bot {
  const models = async () => (await inference.listModels()).map(toChoice);
  // Commands can be completed while the service is away, their models cannot.
  const knownModels = () => models().catch(() => []);

  return {
    handleMessage: core.handleMessage,
    handleCommand: core.handleCommand,
    watchHealth: (onChange) => inference.watchHealth(onChange),
    models,
    parseCommand: (text) => {
      const parsed = parseCommand(text);
      return "error" in parsed ? { type: "fault", sentence: parsed.error } : { type: "command", command: parsed };
    },
    completeCommand: (text) => completeCommand(text, knownModels),
    head: (place) => headOf(place, store, knownModels),
  };
}

async function headOf(
  place: Place,
  store: ConversationStore,
  knownModels: () => Promise<readonly ModelChoice[]>,
): Promise<ChannelHead> {
  const [settings, turns, models] = await Promise.all([
    resolveSettings(store, place).catch(() => undefined),
    store.turns(conversationKey(place)).catch(() => []),
    knownModels(),
  ]);
  const model = settings?.model ?? models.find(({ isDefault }) => isDefault)?.name;
  return {
    rememberedRounds: turns.length,
    ...(model === undefined ? {} : { model }),
    ...(settings?.system === undefined ? {} : { persona: settings.system }),
  };
}

function toChoice({ name, description, state, error, isDefault }: Model): ModelChoice {
  const states = {
    [ModelState.UNSPECIFIED]: "available",
    [ModelState.AVAILABLE]: "available",
    [ModelState.LOADING]: "loading",
    [ModelState.LOADED]: "loaded",
    [ModelState.BROKEN]: "broken",
  } as const;
  return { name, description, isDefault, state: states[state], ...(error === "" ? {} : { error }) };
}

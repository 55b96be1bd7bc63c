import {
  type BotCore,
  conversationKey,
  type InferenceClient,
  type Place,
  parseCommand,
  resolveSettings,
  type Stores,
} from "@cria/bot-core";
import { type Model, ModelState } from "@cria/proto";
import type { Bot } from "./bot.ts";
import { completeCommand } from "./command-completion.ts";
import type { ChannelHead, ModelChoice } from "./wire.ts";
import { WEB_WORDS } from "./words.ts";

export interface CoreBotOptions {
  readonly core: BotCore;
  readonly stores: Stores;
  readonly inference: InferenceClient;
}

/** The bot of bots/core, with the questions that only a page asks. */
export function createCoreBot({ core, stores, inference }: CoreBotOptions): Bot {
  let lastModels: readonly ModelChoice[] = [];
  const models = async () => {
    lastModels = (await inference.listModels()).map(toChoice);
    return lastModels;
  };
  // The head of a channel names its model while the service is away, too.
  const knownModels = () => models().catch(() => lastModels);
  // Commands can be completed while the service is away, their models cannot.
  const offeredModels = () => models().catch(() => []);

  const sources = { core, stores, knownModels };

  return {
    ...core,
    watchHealth: (onChange) => inference.watchHealth(onChange),
    models,
    parseCommand: (text) => parseCommand(text, WEB_WORDS),
    completeCommand: (text, place) =>
      completeCommand(text, { models: offeredModels, modelInUse: async () => (await headOf(place, sources)).model }),
    async canAnswerAgain(place, replyId) {
      // Without the memory an answer to the message says so.
      const kept = await stores.replies.get(conversationKey(place), replyId).catch(() => undefined);
      return kept !== undefined && !kept.isCompared;
    },
    async forget(place) {
      const conversation = conversationKey(place);
      await stores.rounds.reset(conversation);
      const set = Object.keys(await stores.settings.get(conversation));
      await stores.settings.update(conversation, Object.fromEntries(set.map((field) => [field, undefined])));
    },
    head: (place) => headOf(place, sources),
  };
}

interface HeadSources extends Pick<CoreBotOptions, "core" | "stores"> {
  readonly knownModels: () => Promise<readonly ModelChoice[]>;
}

async function headOf(place: Place, { core, stores, knownModels }: HeadSources): Promise<ChannelHead> {
  const [wantsFeedback, settings, rememberedRounds, models] = await Promise.all([
    core.wantsFeedback(place),
    resolveSettings(stores.settings, place).catch(() => undefined),
    stores.rounds.count(conversationKey(place)).catch(() => 0),
    knownModels(),
  ]);
  const model = nameInUse(models, settings?.model);
  return {
    rememberedRounds,
    wantsFeedback,
    ...(model === undefined ? {} : { model }),
    ...(settings?.system === undefined ? {} : { persona: settings.system }),
  };
}

/** As the core chooses: the default in the place of one that is gone or broken. */
function nameInUse(models: readonly ModelChoice[], chosen: string | undefined): string | undefined {
  const isUsable = models.some(({ name, state }) => name === chosen && state !== "broken");
  return isUsable || models.length === 0 ? chosen : models.find(({ isDefault }) => isDefault)?.name;
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

import {
  type Author,
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
  let lastModels: readonly ModelChoice[] = [];
  const models = async () => {
    lastModels = (await inference.listModels()).map(toChoice);
    return lastModels;
  };
  // The head of a channel names its model while the service is away, too.
  const knownModels = () => models().catch(() => lastModels);
  // Commands can be completed while the service is away, their models cannot.
  const offeredModels = () => models().catch(() => []);

  // The page knows no roles, which is known.
  const authored = <T extends { readonly author: Author }>(incoming: T): T => ({
    ...incoming,
    author: { ...incoming.author, roleIds: [] },
  });

  return {
    ...core,
    handleMessage: (message, startReply) => core.handleMessage(authored(message), startReply),
    handleCommand: (incoming) => core.handleCommand(authored(incoming)),
    compare: (incoming, startReply) => core.compare(authored(incoming), startReply),
    claim: (event) => core.claim(authored(event)),
    stopReply: (action) => core.stopReply(authored(action)),
    stopReplies: (action) => core.stopReplies(authored(action)),
    regenerate: (action, startReply) => core.regenerate(authored(action), startReply),
    continueReply: (action, startReply) => core.continueReply(authored(action), startReply),
    giveFeedback: (action) => core.giveFeedback(authored(action)),
    watchHealth: (onChange) => inference.watchHealth(onChange),
    models,
    parseCommand: (text) => {
      const parsed = parseCommand(text);
      return "error" in parsed ? { type: "fault", sentence: parsed.error } : { type: "command", command: parsed };
    },
    completeCommand: (text) => completeCommand(text, offeredModels),
    async canAnswerAgain(place, replyId) {
      const kept = await store.keptReply(conversationKey(place), replyId);
      return kept !== undefined && !kept.isCompared;
    },
    head: (place) => headOf(place, { core, store, knownModels }),
  };
}

interface HeadSources extends Pick<CoreBotOptions, "core" | "store"> {
  readonly knownModels: () => Promise<readonly ModelChoice[]>;
}

async function headOf(place: Place, { core, store, knownModels }: HeadSources): Promise<ChannelHead> {
  const [wantsFeedback, settings, turns, models] = await Promise.all([
    core.wantsFeedback(place),
    resolveSettings(store, place).catch(() => undefined),
    store.turns(conversationKey(place)).catch(() => []),
    knownModels(),
  ]);
  const model = settings?.model ?? models.find(({ isDefault }) => isDefault)?.name;
  return {
    rememberedRounds: turns.length,
    wantsFeedback,
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

import {
  type BotCoreOptions,
  createBotCore,
  createMemoryStores,
  namesRoles,
  OPEN_ACCESS,
  resolveSettings,
  type Stores,
} from "@cria/bot-core";
import { FakeInferenceClient, fakeModel } from "@cria/bot-core/testing";
import { type Logger, pino } from "pino";
import { loadSlackConfig } from "../../bots/slack/src/config.ts";
import { createSlackPlatform, type SlackPlatform } from "../../bots/slack/src/slack-platform.ts";
import { SLACK_WORDS } from "../../bots/slack/src/words.ts";
import { AdvancingClock } from "../clock.ts";
import { quickenTime } from "../quick-time.ts";
import { manifestOptions } from "../slack-server/manifest.ts";
import { type SlackServer, type SlackServerOptions, startSlackServer } from "../slack-server/slack-server.ts";
import { openStores } from "./shared-memory.ts";

/** A model that is shown the conversation, as `A talk.\n\nHuman: …\nAI:`. */
export const CHAT_MODEL = fakeModel({
  promptFormat: {
    format: { $case: "fewShot", value: { instruction: "A talk.", examples: [], humanTitle: "Human", aiTitle: "AI" } },
  },
});

export interface SlackBotOptions {
  readonly core?: Partial<BotCoreOptions>;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it remembers in its own process. Default: in Redis where there is one. */
  readonly isAlone?: boolean;
  readonly server?: Partial<SlackServerOptions>;
  /** Default: none. */
  readonly logger?: Logger;
  /** What is there before the bot starts. */
  readonly prepare?: (server: SlackServer) => void;
}

/** A Slack with Ann and a channel in it, and the bot over a core whose model is scripted. */
export interface SlackBot {
  readonly clock: AdvancingClock;
  readonly server: SlackServer;
  readonly model: FakeInferenceClient;
  readonly platform: SlackPlatform;
  readonly stores: Stores;
  readonly ann: string;
  readonly channel: string;
  /** Why the bot said that Slack is lost. */
  readonly losses: string[];
  /** What the model was asked, oldest first. */
  prompts(): readonly string[];
  /** What Slack refused: method and error. */
  refusals(): readonly (readonly [string, string])[];
  close(): Promise<void>;
}

/** Starts the bot on a Slack of its own. */
export async function startSlackBot(options: SlackBotOptions = {}): Promise<SlackBot> {
  const endQuickTime = quickenTime();
  const clock = new AdvancingClock();
  const server = await startSlackServer({ ...manifestOptions(), clock, ...options.server });
  options.prepare?.(server);
  const models = ["small", "big"].map((name) => fakeModel({ name, isDefault: name === "small" }));
  const model = new FakeInferenceClient(models);
  const losses: string[] = [];
  const stores = options.core?.stores ?? (options.isAlone ? memory() : await openStores());
  const platform = createBot(server, model, losses, { ...options, core: { ...options.core, stores } });
  await platform.start();
  const ann = server.people.addUser("Ann");
  const channel = server.people.addChannel("general", [ann]);
  const close = async () => {
    await platform.stop(2_000);
    await server.close();
    await stores.close();
    endQuickTime();
  };
  const prompts = () => model.requests.map(({ prompt }) => prompt.map(({ text }) => text).join(""));
  const refusals = () => server.api.calls.flatMap(({ method, error }) => (error ? [[method, error] as const] : []));
  return { clock, server, model, platform, stores, ann, channel, losses, prompts, refusals, close };
}

const memory = () => createMemoryStores({ roundsTtlMs: 3_600_000 });

/** A further bot process on the same Slack; not started. */
export function createBot(
  server: SlackServer,
  model: FakeInferenceClient,
  losses: string[],
  { core = {}, env = {}, logger = pino({ level: "silent" }) }: SlackBotOptions = {},
): SlackPlatform {
  const stores = core.stores ?? memory();
  const tokens = { CRIA_SLACK_BOT_TOKEN: server.botToken, CRIA_SLACK_APP_TOKEN: server.appToken };
  return createSlackPlatform({
    config: loadSlackConfig({ ...tokens, CRIA_SLACK_API_URL: server.apiUrl, ...env }),
    core: createBotCore({ inference: model, logger, words: SLACK_WORDS, ...core, stores }),
    listModels: () => model.listModels(),
    settings: (place) => resolveSettings(stores.settings, place),
    needsRoles: namesRoles(core.access ?? OPEN_ACCESS),
    logger,
    onLost: (reason) => void losses.push(reason),
  });
}

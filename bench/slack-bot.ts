import { createBotCore, createMemoryStores, type InferenceClient, resolveSettings, type Stores } from "@cria/bot-core";
import { pino } from "pino";
import { loadSlackConfig } from "../bots/slack/src/config.ts";
import { createSlackPlatform, type SlackPlatform } from "../bots/slack/src/slack-platform.ts";
import { SLACK_WORDS } from "../bots/slack/src/words.ts";
import type { SlackServer } from "../test/slack-server/slack-server.ts";
import { type Message, shownText } from "../test/slack-server/world/world.ts";

const MEMORY_MS = 3_600_000;

/** What a bot needs to find a Slack on loopback. */
export function slackEnv(server: SlackServer): Readonly<Record<string, string>> {
  return {
    CRIA_SLACK_BOT_TOKEN: server.botToken,
    CRIA_SLACK_APP_TOKEN: server.appToken,
    CRIA_SLACK_API_URL: server.apiUrl,
  };
}

/** The real bot in this process, connected to a Slack on loopback. */
export async function startSlackBot(
  server: SlackServer,
  inference: InferenceClient,
  stores: Stores = createMemoryStores({ roundsTtlMs: MEMORY_MS }),
): Promise<SlackPlatform> {
  const logger = pino({ level: "error" });
  const platform = createSlackPlatform({
    config: loadSlackConfig(slackEnv(server)),
    core: createBotCore({ stores, inference, logger, words: SLACK_WORDS }),
    listModels: () => inference.listModels(),
    settings: (place) => resolveSettings(stores.settings, place),
    needsRoles: false,
    logger,
    onLost: (reason) => console.error(reason),
  });
  await platform.start();
  return platform;
}

/** Messages of replies that have ended: each stands over its buttons, or says what kept it from being answered. */
export function endedReplies(server: SlackServer, question: Message): readonly Message[] {
  return server.replies(question).filter(({ blocks }) => /"type":"actions"|⚠️/.test(JSON.stringify(blocks)));
}

/** What the model wrote, as people see it. */
export function replyText(server: SlackServer, question: Message): string {
  return server.replies(question).map(shownText).join("\n");
}

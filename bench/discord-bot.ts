import { createBotCore, createMemoryStores, type InferenceClient, resolveSettings } from "@cria/bot-core";
import { pino } from "pino";
import { createDiscordPlatform, type DiscordPlatform } from "../bots/discord/src/discord-platform.ts";
import { DISCORD_WORDS } from "../bots/discord/src/words.ts";
import type { Channel, DiscordServer, StoredMessage } from "../test/discord-server/index.ts";

const MEMORY_MS = 3_600_000;

/** The real bot in this process, connected to a Discord on loopback. */
export async function startDiscordBot(server: DiscordServer, inference: InferenceClient): Promise<DiscordPlatform> {
  const logger = pino({ level: "error" });
  const stores = createMemoryStores({ roundsTtlMs: MEMORY_MS });
  const core = createBotCore({ stores, inference, logger, words: DISCORD_WORDS });
  const platform = createDiscordPlatform({
    config: { token: server.token, guildIds: [], followsThreads: true, apiUrl: server.apiUrl },
    core,
    settings: (place) => resolveSettings(stores.settings, place),
    listModels: () => inference.listModels(),
    logger,
    onLost: (reason) => console.error(reason),
  });
  await platform.start();
  return platform;
}

/** The messages of a reply that has ended, as the last question's in its channel; undefined while it goes on. */
export function endedReply(server: DiscordServer, channel: Channel): readonly StoredMessage[] | undefined {
  const messages = server.botMessages(channel);
  const last = messages.at(-1);
  return last && JSON.stringify(last.json.components).includes("regenerate:") ? messages : undefined;
}

/** What the model wrote, as people see it: without small print and without the fences that a split adds. */
export function shownText(messages: readonly StoredMessage[]): string {
  return messages.map(({ json }) => json.content.replace(/\n-# [^\n]*$/, "")).join("\n");
}

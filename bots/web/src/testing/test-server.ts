import { type BotCoreOptions, createBotCore, createMemoryStores } from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import { createCoreBot } from "../core-bot.ts";
import { createMemoryChatStore } from "../store/memory-chat-store.ts";
import { createMemoryTimelineStore } from "../store/memory-timeline-store.ts";
import { startWebServer, type WebServer, type WebServerOptions } from "../web-server.ts";
import { WEB_WORDS } from "../words.ts";
import { endChunkSources } from "./chunk-source.ts";
import { TEST_MODELS } from "./test-models.ts";

/** A chat page over the real core and a scripted inference service. */
export interface TestServer extends WebServer {
  readonly inference: FakeInferenceClient;
}

/** Starts one on a port of the system's choice. */
export async function startTestServer(
  options: Partial<WebServerOptions> = {},
  coreOptions: Partial<BotCoreOptions> = {},
): Promise<TestServer> {
  const inference = new FakeInferenceClient(TEST_MODELS);
  const logger = pino({ level: "silent" });
  const { stores = createMemoryStores({ roundsTtlMs: 60_000 }) } = coreOptions;
  const core = createBotCore({ inference, logger, words: WEB_WORDS, ...coreOptions, stores });
  const server = await startWebServer({
    bot: createCoreBot({ core, stores, inference }),
    timelineStore: createMemoryTimelineStore(),
    chatStore: createMemoryChatStore(),
    logger,
    host: "127.0.0.1",
    port: 0,
    allowedHosts: [],
    secret: "a secret for tests",
    workspaceName: "Cria",
    ...options,
  });
  async function close(): Promise<void> {
    const closed = server.close();
    endChunkSources();
    await closed;
  }
  return { ...server, inference, close };
}

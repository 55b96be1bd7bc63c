import { FakeInferenceClient } from "@cria/bot-core/testing";
import type { Message } from "../slack-server/world/world.ts";
import { openSameStores } from "./shared-memory.ts";
import { createBot, type SlackBot } from "./slack-bot.ts";

export interface NextOptions {
  /** What nobody renews is taken over after twice as long, in milliseconds of the machine's time. */
  readonly leaseMs?: number;
}

export type NextProcess = Awaited<ReturnType<typeof startNextProcess>>;

const started: { stop(): Promise<void> }[] = [];

/** Another process of a bot's app, with a model of its own. */
export async function startNextProcess(bot: SlackBot, options: NextOptions = {}) {
  const stores = await openSameStores(options);
  const model = new FakeInferenceClient();
  const platform = createBot(bot.server, model, [], { core: { stores } });
  started.push({
    stop: async () => {
      await platform.stop(2_000);
      await stores.close();
    },
  });
  await platform.start();
  return { platform, model };
}

/** Ends those that a test started. */
export async function stopNextProcesses(): Promise<void> {
  for (const process of started.splice(0)) await process.stop();
}

/** Ann asks about a message, by its shortcut. */
export async function askAbout({ server, ann }: SlackBot, message: Message): Promise<void> {
  await server.interactions.shortcut("ask_about", message, ann);
  await server.until(() => server.world.views.size > 0);
  const [view] = server.world.views.values();
  await server.interactions.submit(view!, { question: { question: { value: "Why?" } } }, ann);
}

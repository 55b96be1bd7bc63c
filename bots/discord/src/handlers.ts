import { LruCache, OPEN_ACCESS } from "@cria/bot-core";
import type { Client } from "discord.js";
import { ButtonHandler } from "./commands/button-handler.ts";
import { SlashHandler } from "./commands/slash-handler.ts";
import type { DiscordClock } from "./gateway/discord-clock.ts";
import { Authors } from "./incoming/authors.ts";
import { ChannelSettings } from "./incoming/channel-settings.ts";
import { HandedMessages } from "./incoming/handed-messages.ts";
import { MessageChanges } from "./incoming/message-changes.ts";
import { MessageHandler } from "./incoming/message-handler.ts";
import type { DiscordPlatformOptions } from "./platform-options.ts";
import { Replies } from "./reply/replies.ts";

/** Messages of which it is known that this process wrote them; others are forgotten. */
const MAX_SHOWN = 10_000;

/** Who does what about each kind of event. */
export interface Handlers {
  readonly messages: MessageHandler;
  readonly changes: MessageChanges;
  readonly slash: SlashHandler;
  readonly buttons: ButtonHandler;
  readonly replies: Replies;
  readonly handed: HandedMessages;
}

export interface HandlersOptions extends DiscordPlatformOptions {
  readonly client: Client<true>;
  readonly clock: DiscordClock;
  /** Whether messages that do not name the bot come with their words. */
  readonly readsAllMessages: boolean;
}

/** Puts the handlers of one client together. */
export function createHandlers(options: HandlersOptions): Handlers {
  const { client, clock, readsAllMessages, core, config, listModels, logger } = options;
  const { editIntervalMs, access = OPEN_ACCESS } = options;
  const attention = { readsAllMessages, followsThreads: config.followsThreads };
  const settings = new ChannelSettings(options.settings);
  const [handed, shown] = [new HandedMessages(), new LruCache<string>(MAX_SHOWN)];
  const replies = new Replies({ client, shown, logger, editIntervalMs });
  const authors = new Authors({ client, access, logger });
  const messages = new MessageHandler({ client, core, replies, authors, settings, handed, attention });
  const onCreate = (message: Parameters<MessageHandler["onCreate"]>[0]) => messages.onCreate(message);
  return {
    messages,
    changes: new MessageChanges({ core, replies, handed, shown, attention, clock, onCreate }),
    slash: new SlashHandler({ core, listModels, replies, authors, settings }),
    buttons: new ButtonHandler({ core, replies, authors }),
    replies,
    handed,
  };
}

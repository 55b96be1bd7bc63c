import {
  type AccessPolicy,
  type BotCore,
  type IncomingMessage,
  OPEN_ACCESS,
  RefusedError,
  untilReachable,
} from "@cria/bot-core";
import type { Model } from "@cria/proto";
import { type Client, Events, type Interaction, type Message } from "discord.js";
import type { Logger } from "pino";
import { createClient } from "./client.ts";
import { ButtonHandler } from "./commands/button-handler.ts";
import { registerCommands } from "./commands/register-commands.ts";
import { SlashHandler } from "./commands/slash-handler.ts";
import type { DiscordConfig } from "./config.ts";
import { CatchUp } from "./gateway/catch-up.ts";
import { type BotIdentity, checkToken, installLink, intentsLink } from "./gateway/check-token.ts";
import { fatalClose } from "./gateway/close-codes.ts";
import { createTransport } from "./gateway/transport.ts";
import { Authors } from "./incoming/authors.ts";
import { MessageHandler } from "./incoming/message-handler.ts";
import { DIRECT_WORKSPACE } from "./incoming/place.ts";
import { Replies } from "./reply/replies.ts";

/** What the Discord bot is made of. */
export interface DiscordPlatformOptions {
  readonly config: DiscordConfig;
  readonly core: BotCore;
  /** What `/model` offers. */
  readonly listModels: () => Promise<readonly Model[]>;
  readonly logger: Logger;
  /** Whose lists say what must be known of people. Default: none, and nothing. */
  readonly access?: AccessPolicy | undefined;
  /** Discord has closed the connection for good: the sentence says what to do. */
  readonly onLost: (reason: string) => void;
  /** Least time between two edits of one reply, in milliseconds. Default 1,000. */
  readonly editIntervalMs?: number;
}

/** The bot on Discord. */
export interface DiscordPlatform {
  /** Connects, when Discord can be reached. Rejects with a `RefusedError` when it does not take the token or an intent. */
  start(): Promise<void>;
  /**
   * Leaves the replies that are being written to another process; where there can be none, ends them and waits at most so
   * long for their last words. Disconnects.
   */
  stop(graceMs: number): Promise<void>;
}

/** Builds the bot; `start` connects it. */
export function createDiscordPlatform(options: DiscordPlatformOptions): DiscordPlatform {
  const { config, logger } = options;
  const stopping = new AbortController();
  let connection: Connection | undefined;
  const connect = async () => {
    const identity = await checkToken(config.token, config.apiUrl);
    stopping.signal.throwIfAborted();
    const attempt = new Connection(options, identity);
    connection = attempt;
    await attempt.open(stopping.signal).catch(async (error: unknown) => {
      if (!stopping.signal.aborted) await attempt.disconnect();
      throw error;
    });
  };
  return {
    start: async () => await untilReachable(connect, { signal: stopping.signal, logger }),
    stop: async (graceMs) => {
      stopping.abort();
      await connection?.close(graceMs);
    },
  };
}

/** One client with its handlers. */
class Connection {
  readonly #options: DiscordPlatformOptions;
  readonly #identity: BotIdentity;
  readonly #client: Client<true>;
  readonly #replies: Replies;
  readonly #authors: Authors;
  readonly #messages: MessageHandler;
  readonly #catchUp: CatchUp;
  #stopRecovering = () => {};
  #isLost = false;
  #login: Promise<unknown> = Promise.resolve();

  constructor(options: DiscordPlatformOptions, identity: BotIdentity) {
    const { config, core, logger, editIntervalMs, access = OPEN_ACCESS } = options;
    const readsAllMessages = config.followsThreads && identity.readsAllMessages;
    this.#options = options;
    this.#identity = identity;
    const makeRequest = createTransport({ checkToken: () => this.#checkToken(), logger });
    this.#client = createClient({ readsAllMessages, apiUrl: config.apiUrl, makeRequest }) as Client<true>;
    this.#replies = new Replies({ client: this.#client, core, logger, editIntervalMs });
    this.#authors = new Authors({ client: this.#client, access, logger });
    const [replies, authors] = [this.#replies, this.#authors];
    this.#messages = new MessageHandler({ core, replies, authors, followsThreads: readsAllMessages });
    this.#catchUp = new CatchUp(this.#client, logger);
  }

  /** Rejects with the signal's reason when it aborts; `close` is still to be called then. */
  async open(signal: AbortSignal): Promise<void> {
    const { config } = this.#options;
    this.#listen();
    await this.#ready(signal);
    await this.#register(config.guildIds);
    signal.throwIfAborted();
    this.#announce();
    this.#stopRecovering = this.#recover();
  }

  /** The end of all: what is being answered is left to others, or gets so long for its last words. */
  async close(graceMs: number): Promise<void> {
    for (const event of [Events.MessageCreate, Events.InteractionCreate, Events.ShardReconnecting] as const)
      this.#client.removeAllListeners(event);
    this.#stopRecovering();
    await this.#options.core.stop();
    this.#replies.giveUp();
    await this.#replies.ended(graceMs);
    await this.disconnect();
  }

  async disconnect(): Promise<void> {
    // A client that is destroyed before it knows its shards logs in all the same.
    if (this.#client.ws.shards.size === 0) await this.#login.catch(() => undefined);
    await this.#client.destroy();
  }

  /** Goes on with what other processes of the application left. */
  #recover(): () => void {
    const { core } = this.#options;
    return core.recover({
      writer: `discord:${this.#client.application.id}`,
      serves: ({ workspaceId: id }) => id === DIRECT_WORKSPACE || this.#client.guilds.cache.has(id),
      work: async (claimed) => {
        const message: IncomingMessage = JSON.parse(claimed.event.raw);
        const begun = { ...claimed.event, handle: claimed.handle };
        await claimed.answer(message, (replyId) => this.#replies.goOn({ ...begun, replyId }, message.author.id));
      },
      hasEnded: async () => false,
      startReply: (givenUp) => this.#replies.goOn(givenUp),
    });
  }

  /** Rejects, and gives the bot up, where Discord takes the token no longer. */
  async #checkToken(): Promise<void> {
    const { config } = this.#options;
    await checkToken(config.token, config.apiUrl).catch((error: unknown) => {
      if (error instanceof RefusedError) this.#lose(error.message);
      throw error;
    });
  }

  /** Told once, however many connections and requests tell it. */
  #lose(reason: string): void {
    if (!this.#isLost) this.#options.onLost(reason);
    this.#isLost = true;
  }

  #ready(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#client.once(Events.ClientReady, () => resolve());
      this.#client.once(Events.ShardDisconnect, ({ code }) => reject(new RefusedError(fatalClose(code))));
      this.#login = this.#client.login(this.#options.config.token);
      this.#login.catch(reject);
    });
  }

  /** The bot talks without them, so a failure is told and no more. */
  async #register(guildIds: readonly string[]): Promise<void> {
    const { logger } = this.#options;
    const { applicationId } = this.#identity;
    try {
      const places = { named: guildIds, joined: [...this.#client.guilds.cache.keys()] };
      const isChanged = await registerCommands(this.#client.rest, applicationId, places);
      logger.info({ isChanged }, "slash commands are registered");
    } catch (error) {
      const link = installLink(applicationId);
      logger.warn(
        { err: error },
        `slash commands could not be registered; is the bot in each server of CRIA_DISCORD_GUILDS? ${link}`,
      );
    }
  }

  #listen(): void {
    const { logger, config } = this.#options;
    const client = this.#client;
    client.on(Events.Error, (error) => logger.warn({ err: error }, "the connection to Discord has a fault"));
    client.on(Events.ShardError, (error) => logger.debug({ err: error }, "the connection to Discord broke"));
    client.on(Events.ShardReconnecting, (shardId) => {
      this.#catchUp.onBreak(shardId);
      logger.info({ shardId }, "the connection to Discord is being restored");
    });
    client.on(Events.ShardResume, (shardId, replayed) => {
      this.#catchUp.onResume(shardId);
      logger.info({ shardId, replayed }, "the connection to Discord is restored");
    });
    client.on(Events.ShardDisconnect, ({ code }) => this.#lose(fatalClose(code)));
    client.on(Events.ShardReady, (shardId) => this.#handle("catch-up", this.#answerMissed(shardId)));
    client.on(Events.MessageCreate, (message) => this.#onMessage(message));
    client.on(Events.MessageUpdate, (old, message) => this.#handle("edit", this.#messages.onUpdate(old, message)));
    client.on(Events.MessageDelete, (message) => this.#handle("deletion", this.#messages.onDelete(message)));
    client.on(Events.MessageBulkDelete, (messages) => {
      for (const message of messages.values()) this.#handle("deletion", this.#messages.onDelete(message));
    });
    client.on(Events.ChannelDelete, ({ id }) => this.#replies.giveUpIn(id));
    client.on(Events.ThreadDelete, ({ id }) => this.#replies.giveUpIn(id));
    client.on(Events.GuildCreate, ({ id }) => {
      if (config.guildIds.includes(id)) this.#handle("server", this.#register(config.guildIds));
    });
    client.on(Events.GuildDelete, ({ id }) => this.#replies.giveUpIn(id));
    this.#listenToInteractions();
  }

  #listenToInteractions(): void {
    const { core, listModels, logger } = this.#options;
    const [replies, authors] = [this.#replies, this.#authors];
    const slash = new SlashHandler({ core, listModels, replies, authors, logger });
    const buttons = new ButtonHandler({ core, replies, authors });
    const run = async (interaction: Interaction) => {
      if (interaction.isChatInputCommand()) await slash.run(interaction);
      else if (interaction.isAutocomplete()) await slash.complete(interaction);
      else if (interaction.isButton()) await buttons.press(interaction);
    };
    this.#client.on(Events.InteractionCreate, (interaction) => this.#handle("interaction", run(interaction)));
  }

  #onMessage(message: Message): void {
    this.#catchUp.saw(message);
    this.#handle("message", this.#messages.onCreate(message));
  }

  /** A new session, unlike a resumed one, has missed what came before it. */
  async #answerMissed(shardId: number): Promise<void> {
    const missed = await this.#catchUp.missed(shardId);
    for (const message of missed) this.#onMessage(message);
  }

  /** One failed event never stops the bot. */
  #handle(kind: string, work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#options.logger.error({ err: error }, `a Discord ${kind} could not be handled`),
    );
  }

  #announce(): void {
    const { logger, config } = this.#options;
    const { applicationId, name, readsAllMessages } = this.#identity;
    logger.info(`Discord knows the bot as ${name}. Add it to a server: ${installLink(applicationId)}`);
    if (readsAllMessages || !config.followsThreads) return;
    logger.warn(
      `Threads need a mention in each message: the Message Content intent is off. Switch it on at ${intentsLink(applicationId)} and start again, or set CRIA_DISCORD_THREADS=0.`,
    );
  }
}

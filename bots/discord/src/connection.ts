import { RefusedError } from "@cria/bot-core";
import { type Client, Events } from "discord.js";
import { createClient } from "./client.ts";
import { registerCommands } from "./commands/register-commands.ts";
import { listen } from "./events.ts";
import { CatchUp } from "./gateway/catch-up.ts";
import { type BotIdentity, checkToken, installLink, intentsLink } from "./gateway/check-token.ts";
import { fatalClose } from "./gateway/close-codes.ts";
import { DiscordClock } from "./gateway/discord-clock.ts";
import { createTransport } from "./gateway/transport.ts";
import { createHandlers, type Handlers } from "./handlers.ts";
import { DIRECT_WORKSPACE } from "./incoming/place.ts";
import type { DiscordPlatformOptions } from "./platform-options.ts";

/** What something new begins with. */
const BEGINNINGS = [
  Events.MessageCreate,
  Events.MessageUpdate,
  Events.InteractionCreate,
  Events.ShardReady,
  Events.ShardReconnecting,
] as const;

/** Discord tells the time to the second, and a little late. */
const CLOCK_SLACK_MS = 2_000;

/** One client with its handlers. */
export class Connection {
  readonly #options: DiscordPlatformOptions;
  readonly #identity: BotIdentity;
  readonly #client: Client<true>;
  readonly #handlers: Handlers;
  readonly #clock = new DiscordClock();
  #stopRecovering = () => {};
  #isLost = false;
  #login: Promise<unknown> = Promise.resolve();

  constructor(options: DiscordPlatformOptions, identity: BotIdentity) {
    const { config, logger } = options;
    const { readsAllMessages } = identity;
    this.#options = options;
    this.#identity = identity;
    const clock = this.#clock;
    const makeRequest = createTransport({ checkToken: () => this.#checkToken(), logger, clock });
    this.#client = createClient({ readsAllMessages, apiUrl: config.apiUrl, makeRequest }) as Client<true>;
    this.#handlers = createHandlers({ ...options, client: this.#client, clock, readsAllMessages });
  }

  /** Rejects with the signal's reason when it aborts; `close` is still to be called then. */
  async open(signal: AbortSignal): Promise<void> {
    const { config, logger } = this.#options;
    const { directChannels = async () => [] } = this.#options;
    const catchUp = new CatchUp({ client: this.#client, logger, clock: this.#clock, directChannels, signal });
    const register = () => this.#register();
    const onLost = (reason: string) => this.#lose(reason);
    listen(this.#client, { handlers: this.#handlers, catchUp, logger, guildIds: config.guildIds, register, onLost });
    await this.#ready(signal);
    this.#handlers.handed.begin(this.#clock.now() + CLOCK_SLACK_MS);
    await this.#register();
    signal.throwIfAborted();
    this.#announce();
    this.#stopRecovering = this.#recover();
  }

  /** The end of all: what is being answered is left to others, or gets so long for its last words. */
  async close(graceMs: number): Promise<void> {
    const { replies } = this.#handlers;
    for (const event of BEGINNINGS) this.#client.removeAllListeners(event);
    this.#stopRecovering();
    await this.#options.core.stop();
    replies.giveUp();
    await replies.ended(graceMs);
    await this.disconnect();
  }

  async disconnect(): Promise<void> {
    // A client that is destroyed before it knows its shards logs in all the same.
    if (this.#client.ws.shards.size === 0) await this.#login.catch(() => undefined);
    await this.#client.destroy();
  }

  /** Goes on with what other processes of the application left. */
  #recover(): () => void {
    const { messages, replies } = this.#handlers;
    return this.#options.core.recover({
      writer: `discord:${this.#client.application.id}`,
      serves: ({ workspaceId: id }) => id === DIRECT_WORKSPACE || this.#client.guilds.cache.has(id),
      work: (claimed) => messages.recover(claimed),
      hasEnded: (place, handle) => replies.hasEnded(place, handle),
      startReply: (givenUp, facts) => replies.goOn(givenUp, facts),
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
  async #register(): Promise<void> {
    const { logger, config } = this.#options;
    const { applicationId } = this.#identity;
    try {
      const places = { named: config.guildIds, joined: [...this.#client.guilds.cache.keys()] };
      const isChanged = await registerCommands(this.#client.rest, applicationId, places);
      logger.info({ isChanged }, "slash commands are registered");
    } catch (error) {
      const hint = "is the bot in each server of CRIA_DISCORD_GUILDS?";
      logger.warn({ err: error }, `slash commands could not be registered; ${hint}`);
    }
  }

  /** A link has a line of its own: with ids of 19 digits it fills most of the 160 characters that `npm start` gives one. */
  #announce(): void {
    const { logger, config } = this.#options;
    const { applicationId, name, readsAllMessages } = this.#identity;
    logger.info(`Discord knows the bot as ${name}`);
    logger.info(`Add it to a server: ${installLink(applicationId)}`);
    if (readsAllMessages || !config.followsThreads) return;
    logger.warn("Threads need a mention in each message: the Message Content intent is off");
    logger.warn(`Switch it on, or set CRIA_DISCORD_THREADS=0: ${intentsLink(applicationId)}`);
  }
}

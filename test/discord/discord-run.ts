import { type BotCore, type BotCoreOptions, createBotCore, resolveSettings, type Stores } from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import type { DiscordConfig } from "../../bots/discord/src/config.ts";
import { createDiscordPlatform, type DiscordPlatform } from "../../bots/discord/src/discord-platform.ts";
import { knownDirectChannels } from "../../bots/discord/src/incoming/direct-channels.ts";
import { DISCORD_WORDS } from "../../bots/discord/src/words.ts";
import {
  type Channel,
  DiscordServer,
  type DiscordServerOptions,
  type Guild,
  type Person,
  type StoredMessage,
} from "../discord-server/index.ts";
import { quickenTime } from "../quick-time.ts";
import { type OpenedStores, openStores } from "./stores.ts";

export interface DiscordRunOptions {
  readonly server?: DiscordServerOptions;
  readonly config?: Partial<DiscordConfig>;
  /** Its stores are closed by whoever gives them. Default: on a Redis of all runs. */
  readonly core?: Partial<BotCoreOptions>;
  /** Connects to this server instead of one of its own. */
  readonly joins?: DiscordRun;
}

/** The real bot by the real discord.js, against a Discord on loopback, with a scripted inference service. */
export class DiscordRun {
  readonly server: DiscordServer;
  readonly inference = new FakeInferenceClient();
  readonly guild: Guild;
  readonly channel: Channel;
  readonly ann: Person;
  /** What the bot logged from level warn up, and what it was lost for. */
  readonly logs: string[] = [];
  readonly lost: string[] = [];
  readonly platform: DiscordPlatform;
  readonly stores: Stores;
  readonly core: BotCore;
  readonly #ownsServer: boolean;
  readonly #ownsStores: boolean;
  readonly #endQuickTime = quickenTime();

  private constructor(server: DiscordServer, { stores, redis }: OpenedStores, options: DiscordRunOptions) {
    this.server = server;
    this.stores = stores;
    this.#ownsStores = options.core?.stores === undefined;
    this.#ownsServer = options.joins === undefined;
    const { guild, channel } = options.joins ?? server.createGuild();
    this.guild = guild;
    this.channel = channel;
    this.ann = options.joins?.ann ?? server.addPerson("Ann", guild);
    const logger = pino({ level: "info" }, { write: (line: string) => void this.logs.push(line) });
    this.core = createBotCore({ inference: this.inference, logger, words: DISCORD_WORDS, ...options.core, stores });
    const config = {
      token: server.token,
      guildIds: [],
      followsThreads: true,
      apiUrl: server.apiUrl,
      ...options.config,
    };
    this.platform = createDiscordPlatform({
      config,
      core: this.core,
      directChannels: async () => (redis ? await knownDirectChannels(redis) : []),
      settings: (place) => resolveSettings(stores.settings, place),
      listModels: () => this.inference.listModels(),
      logger,
      onLost: (reason) => void this.lost.push(reason),
      access: options.core?.access,
    });
  }

  /** A run that is not connected yet. */
  static async prepare(options: DiscordRunOptions = {}): Promise<DiscordRun> {
    const server = options.joins?.server ?? (await DiscordServer.start(options.server));
    const given = options.core?.stores;
    return new DiscordRun(server, given ? { stores: given } : await openStores(), options);
  }

  /** A connected bot. */
  static async start(options: DiscordRunOptions = {}): Promise<DiscordRun> {
    const run = await DiscordRun.prepare(options);
    await run.platform.start();
    return run;
  }

  async stop(): Promise<void> {
    await this.platform.stop(1_000);
    if (this.#ownsStores) await this.stores.close();
    if (this.#ownsServer) await this.server.close();
    this.#endQuickTime();
  }

  /** Resolves with the text once the bot has a message in the channel that holds it. */
  async sees(text: string, channel = this.channel): Promise<string> {
    const find = () => this.server.botTexts(channel).find((shown) => shown.includes(text));
    return await this.server.until(find, `"${text}"`);
  }

  /** Resolves when the bot's last message there is an ended reply: its last line says how it ended, and Stop is gone. */
  async ended(channel = this.channel) {
    return await this.server.until(() => {
      const last = this.server.botMessages(channel).at(-1);
      const isEnded = last && /^(-# |⚠️ )/m.test(last.json.content) && !hasStop(last);
      return isEnded ? last : undefined;
    }, "the end of a reply");
  }
}

function hasStop({ json }: StoredMessage): boolean {
  return JSON.stringify(json.components).includes("stop:");
}

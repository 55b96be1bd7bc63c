import type { AccessPolicy, BotCore, ConversationSettings, Place } from "@cria/bot-core";
import type { Model } from "@cria/proto";
import type { Logger } from "pino";
import type { DiscordConfig } from "./config.ts";

/** What the Discord bot is made of. */
export interface DiscordPlatformOptions {
  readonly config: DiscordConfig;
  readonly core: BotCore;
  /** What is set at a place. */
  readonly settings: (place: Place) => Promise<ConversationSettings>;
  /** Ids of the direct-message channels that memory knows: Discord lists none. Default: none. */
  readonly directChannels?: () => Promise<readonly string[]>;
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

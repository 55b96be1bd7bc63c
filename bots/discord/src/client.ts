import { Client, GatewayIntentBits, Options, Partials, type RESTOptions } from "discord.js";

/** Messages kept of a channel: replied-to messages are looked for there before Discord is asked. */
const MAX_CACHED_MESSAGES = 50;
/** Requests are tried this often where Discord or the network fails. */
const RETRIES = 5;
/** Discord allows 50, and begins its seconds at other times than this machine does. */
const REQUESTS_PER_SECOND = 45;

export interface ClientSettings {
  /** Whether the portal lets the bot read messages that do not name it. */
  readonly readsAllMessages: boolean;
  readonly apiUrl: string | undefined;
  /** How requests reach Discord. */
  readonly makeRequest: RESTOptions["makeRequest"];
}

/** A client that is not yet logged in. It pings nobody, whatever a message says, and sends nothing twice. */
export function createClient({ readsAllMessages, apiUrl, makeRequest }: ClientSettings): Client {
  const intents = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages];
  return new Client({
    // As many connections as Discord recommends: one for each 2,500 guilds at least.
    shards: "auto",
    intents: readsAllMessages ? [...intents, GatewayIntentBits.MessageContent] : intents,
    // Direct messages come from channels never seen; deleted messages may be older than the process.
    partials: [Partials.Channel, Partials.Message],
    allowedMentions: { parse: [], repliedUser: false },
    enforceNonce: true,
    failIfNotExists: false,
    makeCache: Options.cacheWithLimits({ ...Options.DefaultMakeCacheSettings, MessageManager: MAX_CACHED_MESSAGES }),
    rest: {
      makeRequest,
      retries: RETRIES,
      globalRequestsPerSecond: REQUESTS_PER_SECOND,
      ...(apiUrl !== undefined && { api: apiUrl }),
    },
  });
}
